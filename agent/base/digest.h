// SHA-256.
#pragma once

#include <string>
#include <string_view>

namespace vpcd {

class Digest {
public:
    Digest();
    ~Digest();
    Digest(const Digest&) = delete;
    Digest& operator=(const Digest&) = delete;

    // Each part counts with its length: "ab", "c" is not "a", "bc".
    void add(std::string_view part);
    // 64 hexadecimal digits. Once, at the end.
    std::string hex();

private:
    struct Context;
    Context* context_;
};

std::string digest_of(std::string_view text);

} // namespace vpcd
