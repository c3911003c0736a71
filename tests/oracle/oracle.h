// What becomes of each packet on one host, by what the documents mean: an independent answer to compare the datapath
// with. Written to be read; every question is answered by walking through all that is declared.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "policy.h"
#include "routing.h"
#include "tracking.h"
#include "tunnel.h"

namespace vpcd::oracle {

struct Drop {
    drop_reason reason = DROP_NONE;
    std::uint32_t vni = 0; // 0: of no VPC that is here
    std::string card;      // empty: none concerned
    std::size_t bytes = 0;

    bool operator==(const Drop&) const = default;
};

// A rule was asked, and decided. Not certain: it may have been asked, or not. Connections are judged again when
// documents have changed, and where several object to a packet the later ones need not be heard.
struct Hit {
    std::string rule;
    std::uint32_t vni = 0;
    bool is_certain = true;
    drop_reason denies = DROP_NONE; // a packet that is dropped for this reason is counted
};

struct Traffic {
    std::string card;
    bool is_sent = false;
    std::size_t bytes = 0;

    bool operator==(const Traffic&) const = default;
};

struct Answer {
    enum class Kind {
        Dropped,
        Delivered, // to `to`, a card here
        Sent,      // to `to`, a host, inside `outer`
        Out,       // to the Internet; with objections: an ICMP error
        Told,      // an answer of the virtual router goes back: an echo reply or, with objections, an ICMP error
        NotOurs,   // left to the host's own stack
    };
    Kind kind = Kind::Dropped;
    std::string to;
    Bytes frame; // that goes on, tunnel taken off; empty where nothing does
    std::optional<Outer> outer;
    // Why it is dropped. Several may object to one packet; which of them is heard first is for whoever decides.
    std::vector<Drop> objections;
    std::vector<Hit> hits;
    std::vector<Traffic> traffic;
    // An ICMP error that comes after documents have changed and before the connection it is about has been judged
    // under them: it may be dropped for that.
    std::optional<Drop> may_be_dropped;
};

std::string in_words(const Answer&);
std::string name_of(drop_reason);

constexpr unsigned kPathMtu = 1500;               // of every path on the underlay, and to the Internet
constexpr const char* kInternet = "the Internet"; // where a connection comes from

// A packet in fragments, as it enters this host: out of a card, or out of a tunnel for one.
struct FragmentKey {
    std::uint32_t vni = 0;
    std::string card;
    bool is_sent = false;
    Ipv4 source = 0, destination = 0;
    std::uint8_t protocol = 0;
    std::uint16_t id = 0;

    auto operator<=>(const FragmentKey&) const = default;
};

struct Sending;

struct Oracle {
    explicit Oracle(std::string name) : host(std::move(name)) {}

    // From now on these documents are in force. Cards that come from another host may have brought connections along.
    void declare(World declared);
    // Connections of this card that are met in the middle are taken up, where the VPC accepts that after a move.
    void open_window(const std::string& card) { windows.insert(card); }

    // What becomes of a step's packet: it leaves, arrives, enters or is relayed.
    Answer answer(const Sending&, const Bytes& frame);
    Answer leaves(const std::string& card, const Bytes& frame);
    Answer arrives(const Bytes& frame);
    // From the Internet.
    Answer enters(const Bytes& frame);
    // To the Internet, from another host's card.
    Answer relays(const Tunnel&, std::size_t bytes);

    const std::string host;
    World world;
    unsigned documents = 0; // how many were in force so far
    std::set<std::string> windows;
    Legs legs;
    std::map<FragmentKey, Transport> fragments; // what the first one said
};

} // namespace vpcd::oracle
