// The documents of one directory: which names count, and their text. No watching.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace vpcd {

// Directory as given + "/" + name -> text; nothing: the document is gone.
using Files = std::map<std::string, std::optional<std::string>>;

inline constexpr std::size_t kLargestDocument = std::size_t{64} << 20;

// *.yaml and *.yml. What editors leave beside them (.x.yaml.swp, x.yaml~, #x.yaml#, 4913) and other hidden files
// are not documents.
bool is_document_name(std::string_view name);

// Nothing: there is no such regular file (any more).
Result<std::optional<std::string>> read_document(const std::filesystem::path&);

// Names of the documents, whatever kind of file they are. One level.
Result<std::set<std::string>> list_documents(const std::filesystem::path& directory);

// All documents, or the first that could not be read.
Result<Files> read_directory(const std::filesystem::path& directory);

} // namespace vpcd
