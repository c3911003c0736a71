// A small world of which everybody knows the outcome: documents as text, packets as a line.
#pragma once

#include <string>

#include "case.h"
#include "oracle.h"

namespace vpcd::oracle {

// node-a is played. VPC blue (VNI 100) with web-1 (10.0.1.10) and web-2 (10.0.1.11) here in subnet web, db-1
// (10.0.2.10) here and db-2 (10.0.2.11) on node-b in subnet db; red (VNI 200) has the same addresses: red-1
// (10.0.1.10) here, red-2 (10.0.2.10) on node-b. No card names a group.
class Scenario {
public:
    Scenario();

    // Documents that come, or take the place of those of that name.
    Scenario& with(const std::string& yaml);
    // `card` is put into these groups, all others keep theirs.
    Scenario& join(const std::string& card, const std::vector<std::string>& groups);
    Scenario& change(const AnyResource& resource);
    Answer leaves(const std::string& card, const Said& packet);
    Answer arrives(const std::string& to_card, const Said& packet, const std::string& from_host = "node-b");
    template <typename Kind>
    Kind get(const std::string& name) const
    {
        return *documents_.model().find<Kind>(name);
    }

    Oracle oracle{"node-a"};

private:
    void update(Documents::Files files);

    Documents documents_{Quotas{}};
};

Said udp(std::string_view from, std::uint16_t from_port, std::string_view to, std::uint16_t to_port);
Said tcp_packet(std::string_view from, std::uint16_t from_port, std::string_view to, std::uint16_t to_port,
                int flags);
Said ping(std::string_view from, std::string_view to, std::uint16_t id = 7);
Said pong(std::string_view from, std::string_view to, std::uint16_t id = 7);
Said unreachable(std::string_view from, std::string_view to, const Said& about);

// "delivered web-2", "sent node-b", "dropped group-in, acl-in", "told ttl-exceeded", "not ours"
std::string outcome(const Answer&);

} // namespace vpcd::oracle
