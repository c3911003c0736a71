// Which features the programs of a host must have, from the rows they will see.
#include "app/features_wanted.h"

#include <catch2/catch_test_macros.hpp>
#include <functional>

#include <vpcd/abi/encapsulation.h>

namespace vpcd {

namespace {

// This host receives VXLAN, knows one other that does, and has an instance behind a veth.
Tables small_host()
{
    Tables rows;
    rows.settings[0].encapsulation = ENCAPSULATION_VXLAN;
    rows.hosts[1].encapsulation = ENCAPSULATION_VXLAN;
    rows.interfaces[1].vpc = 100;
    rows.interfaces[1].ifindex = 7;
    rows.interfaces[1].flags = INTERFACE_PEER | INTERFACE_SOURCE_CHECK;
    return rows;
}

} // namespace

TEST_CASE("a feature is wanted when a row makes use of it")
{
    struct Row {
        const char* name;
        std::function<void(Tables&)> change;
        const char* features;
    };
    const Row rows[] = {
        {"a small host", [](Tables&) {}, "vxlan, pair, source-check, events"},
        {"nothing declared", [](Tables& t) { t = {}; }, "events"},
        {"another host receives Geneve", [](Tables& t) { t.hosts[2].encapsulation = ENCAPSULATION_GENEVE; },
         "vxlan, geneve, pair, source-check, events"},
        {"this host receives GRE", [](Tables& t) { t.settings[0].encapsulation = ENCAPSULATION_GRE; },
         "vxlan, gre, pair, source-check, events"},
        {"only GRE", [](Tables& t) { t.settings[0].encapsulation = t.hosts[1].encapsulation = ENCAPSULATION_GRE; },
         "gre, pair, source-check, events"},
        {"a tap beside the veth",
         [](Tables& t) {
             t.interfaces[2] = t.interfaces[1];
             t.interfaces[2].flags = INTERFACE_SOURCE_CHECK | INTERFACE_WHOLE_PACKETS;
         },
         "vxlan, pair, tap, source-check, events"},
        {"a device that is not there yet asks for nothing",
         [](Tables& t) {
             t.interfaces[2] = t.interfaces[1];
             t.interfaces[2].flags = INTERFACE_SOURCE_CHECK;
             t.interfaces[2].ifindex = 0;
         },
         "vxlan, pair, source-check, events"},
        {"an empty slot asks for nothing", [](Tables& t) { t.interfaces[2].generation = 9; },
         "vxlan, pair, source-check, events"},
        {"nobody is held to its addresses", [](Tables& t) { t.interfaces[1].flags = INTERFACE_PEER; },
         "vxlan, pair, events"},
        {"the kernel's vxlan device", [](Tables& t) { t.settings[0].tunnel_ifindex = 9; },
         "vxlan, pair, tunnel-device, source-check, events"},
        {"XDP straight to devices", [](Tables& t) { t.settings[0].xdp_redirect = 1; },
         "vxlan, pair, source-check, xdp-redirect, events"},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        Tables tables = small_host();
        row.change(tables);

        CHECK(to_string(features_wanted(tables, {})) == row.features);
    }
}

TEST_CASE("settings and what the host received in before count too")
{
    const Tables rows = small_host();

    CHECK(to_string(features_wanted(rows, {.xdp = true, .events = false, .received = {}})) ==
          "vxlan, pair, source-check, xdp");
    CHECK(to_string(features_wanted(
              rows, {.xdp = false, .events = false, .received = feature_of_encapsulation(ENCAPSULATION_GRE)})) ==
          "vxlan, gre, pair, source-check");
    CHECK(feature_of_encapsulation(ENCAPSULATION_NONE).none());
}

} // namespace vpcd
