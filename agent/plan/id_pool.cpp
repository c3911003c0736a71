#include "plan/id_pool.h"

namespace vpcd {

bool IdPool::adopt(const std::string& name, std::uint32_t id)
{
    if (id == 0 || id >= limit_ || names_.contains(id) || entries_.contains(name))
        return false;
    for (; next_ <= id; ++next_)
        free_.insert(next_);
    free_.erase(id);
    names_.emplace(id, name);
    entries_.emplace(name, Entry{id, 0});
    return true;
}

Result<std::uint32_t> IdPool::acquire(const std::string& name)
{
    if (const auto found = entries_.find(name); found != entries_.end()) {
        ++found->second.claims;
        return found->second.id;
    }
    if (room() == 0)
        return fail(exhausted());
    const std::uint32_t id = take();
    names_.emplace(id, name);
    entries_.emplace(name, Entry{id, 1});
    return id;
}

// While there is room.
std::uint32_t IdPool::take()
{
    if (free_.empty() || (reuse_ == Reuse::Late && next_ < limit_))
        return last_ = next_++;
    auto next = reuse_ == Reuse::Late ? free_.upper_bound(last_) : free_.begin();
    if (next == free_.end())
        next = free_.begin();
    return last_ = free_.extract(next).value();
}

std::optional<std::uint32_t> IdPool::release(const std::string& name)
{
    const auto found = entries_.find(name);
    if (found == entries_.end() || --found->second.claims > 0)
        return std::nullopt;
    const std::uint32_t id = found->second.id;
    entries_.erase(found);
    free(id);
    return id;
}

std::vector<std::uint32_t> IdPool::drop_unclaimed()
{
    std::vector<std::uint32_t> dropped;
    erase_if(entries_, [&](const auto& entry) {
        if (entry.second.claims == 0)
            dropped.push_back(entry.second.id);
        return entry.second.claims == 0;
    });
    for (const auto id : dropped)
        free(id);
    return dropped;
}

void IdPool::free(std::uint32_t id)
{
    free_.insert(id);
    names_.erase(id);
}

std::optional<std::uint32_t> IdPool::find(std::string_view name) const
{
    const auto found = entries_.find(name);
    return found == entries_.end() ? std::nullopt : std::optional{found->second.id};
}

const std::string* IdPool::name_of(std::uint32_t id) const
{
    const auto found = names_.find(id);
    return found == names_.end() ? nullptr : &found->second;
}

Error IdPool::exhausted() const
{
    return Error::config("all " + std::to_string(limit_ - 1) + " " + what_ + " are in use");
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
