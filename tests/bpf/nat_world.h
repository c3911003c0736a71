// The world of public addresses with a NAT gateway: 10.0.1.30 lives on the host that leads to the Internet
// and 10.0.1.40 on another one; neither has a public address of its own, and a route leads both to the gateway.
#pragma once

#include "nat_rows.h"
#include "outside_world.h"

namespace vpcd::test {

inline constexpr const char* kOtherShared = "203.0.113.31";
inline constexpr const char* kMapped = "203.0.113.40";

struct NatWorld : OutsideWorld, NatRows {
    Instance plain = interface("10.0.1.30");
    Remote remote = far("10.0.1.40", there);

    NatWorld() : NatRows(OutsideWorld::datapath)
    {
        change_settings([](auto& s) { s.translations_per_vpc = s.translations_per_address = 1'000; });
        route("0.0.0.0/0", ROUTE_NAT_GATEWAY, way_out);
        shares("10.0.1.0/24", {});
    }

    std::size_t translations() const { return datapath.keys<flow_key>("translations").size(); }
    // Of a VPC; of a private address in it; of a public one, with VNI 0.
    std::uint64_t pairs(std::uint32_t vni, const char* address = nullptr) const
    {
        translation_count found{};
        datapath.get("translation_counts",
                     translation_count_key{address ? to_address(ipv4(address)) : ::address{}, vni}, found);
        return found.pairs;
    }
    void forget_translations() const
    {
        for (const auto& key : datapath.keys<flow_key>("translations"))
            datapath.erase("translations", key);
    }
};

} // namespace vpcd::test
