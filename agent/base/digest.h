// SHA-256.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace vpcd {

class Digest {
public:
    Digest();

    // Each part counts with its length: "ab", "c" is not "a", "bc".
    void add(std::string_view part);
    // 64 hexadecimal digits. Once, at the end.
    std::string hex();

private:
    struct Free {
        void operator()(evp_md_ctx_st*) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_; // EVP_MD_CTX
};

std::string digest_of(std::string_view text);

} // namespace vpcd
