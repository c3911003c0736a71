#include "base/digest.h"

#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <openssl/evp.h>

namespace vpcd {

void Digest::Free::operator()(evp_md_ctx_st* context) const
{
    EVP_MD_CTX_free(context);
}

Digest::Digest() : context_(EVP_MD_CTX_new())
{
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
}

void Digest::add(std::string_view part)
{
    const std::uint64_t length = part.size();
    EVP_DigestUpdate(context_.get(), &length, sizeof(length));
    EVP_DigestUpdate(context_.get(), part.data(), part.size());
}

std::string Digest::hex()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context_.get(), bytes.data(), &length);
    return fmt::format("{:02x}", fmt::join(bytes.begin(), bytes.begin() + length, ""));
}

std::string digest_of(std::string_view text)
{
    Digest digest;
    digest.add(text);
    return digest.hex();
}

} // namespace vpcd
