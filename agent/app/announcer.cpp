#include "app/announcer.h"

#include <chrono>
#include <spdlog/spdlog.h>

#include "kernel/announce.h"

namespace vpcd {

namespace {

constexpr unsigned kTimes = 3;
constexpr std::chrono::seconds kBetween{1};

bool is_announced(const ::public_address& row)
{
    return (row.flags & PUBLIC_ANNOUNCED) != 0;
}

} // namespace

void Announcer::announce(const PlanChanges& changes, const Tables& rows)
{
    const auto host = rows.settings.find(0);
    const ::settings now = host == rows.settings.end() ? ::settings{} : host->second;
    const bool is_other_device =
        now.external_ifindex != host_.external_ifindex || !same_bytes(now.external_mac, host_.external_mac);
    host_ = now;
    if (is_other_device)
        for (const auto& [key, row] : rows.publics)
            if (is_announced(row))
                left_[Address::from_abi(key.address)] = kTimes;
    for (const auto& [key, row] : changes.publics.upserts)
        if (is_announced(row))
            left_[Address::from_abi(key.address)] = kTimes;
    for (const auto& key : changes.publics.deletes)
        left_.erase(Address::from_abi(key.address));
    if (!left_.empty())
        tell();
}

void Announcer::tell()
{
    for (auto entry = left_.begin(); entry != left_.end();) {
        const Address& address = entry->first;
        if (host_.external_ifindex != 0)
            if (const auto told = vpcd::announce(host_.external_ifindex, Mac::from_abi(host_.external_mac), address);
                !told)
                spdlog::warn("{}", told.error().text());
        entry = --entry->second == 0 ? left_.erase(entry) : std::next(entry);
    }
    if (left_.empty())
        return;
    timer_.expires_after(kBetween);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            tell();
    });
}

} // namespace vpcd
