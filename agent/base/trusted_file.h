// Files whose content ends up in the kernel: only root, or who runs this process, may be able to change them.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace vpcd {

// The directory and every one above it belongs to root or to us, and others cannot write there (or only their own
// files, as in /tmp).
Result<void> check_trusted_directory(const std::filesystem::path&);
// A regular file, no link, that others cannot write.
Result<std::string> read_trusted_file(const std::filesystem::path&);
// Replaces the file's content; mode 0600. In a directory that only we can write.
Result<void> write_private_file(const std::filesystem::path&, const std::string& content);

} // namespace vpcd
