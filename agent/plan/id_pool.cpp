#include "plan/id_pool.h"

namespace vpcd {

std::uint32_t fnv1a(std::string_view text)
{
    std::uint32_t hash = 2166136261u;
    for (const char character : text)
        hash = (hash ^ static_cast<std::uint8_t>(character)) * 16777619u;
    return hash;
}

std::uint32_t NameIds::acquire(const std::string& scope, const std::string& name)
{
    auto& [ids, names] = scopes_[scope];
    if (const auto found = ids.find(name); found != ids.end())
        return found->second;
    std::uint32_t id = fnv1a(name);
    while (id == 0 || names.contains(id))
        ++id;
    ids.emplace(name, id);
    names.emplace(id, name);
    return id;
}

void NameIds::release(const std::string& scope, const std::string& name)
{
    const auto found = scopes_.find(scope);
    if (found == scopes_.end())
        return;
    auto& [ids, names] = found->second;
    if (const auto id = ids.find(name); id != ids.end()) {
        names.erase(id->second);
        ids.erase(id);
    }
}

const std::string* NameIds::name_of(const std::string& scope, std::uint32_t id) const
{
    const auto found = scopes_.find(scope);
    if (found == scopes_.end())
        return nullptr;
    const auto name = found->second.names.find(id);
    return name == found->second.names.end() ? nullptr : &name->second;
}

} // namespace vpcd
