#include "base/digest.h"

#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <openssl/evp.h>

namespace vpcd {

struct Digest::Context {
    EVP_MD_CTX* state = EVP_MD_CTX_new();
};

Digest::Digest() : context_(new Context)
{
    EVP_DigestInit_ex(context_->state, EVP_sha256(), nullptr);
}

Digest::~Digest()
{
    EVP_MD_CTX_free(context_->state);
    delete context_;
}

void Digest::add(std::string_view part)
{
    const std::uint64_t length = part.size();
    EVP_DigestUpdate(context_->state, &length, sizeof(length));
    EVP_DigestUpdate(context_->state, part.data(), part.size());
}

std::string Digest::hex()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context_->state, bytes.data(), &length);
    return fmt::format("{:02x}", fmt::join(bytes.begin(), bytes.begin() + length, ""));
}

std::string digest_of(std::string_view text)
{
    Digest digest;
    digest.add(text);
    return digest.hex();
}

} // namespace vpcd
