// One packet on its way through the oracle: who has a say, and whether they object.
#pragma once

#include "oracle.h"

namespace vpcd::oracle {

// A packet whose headers were read.
struct Packet {
    Ip ip;
    Transport transport; // of a later fragment: what the first one said
    std::optional<Tuple> tuple;
    std::optional<Quote> quote; // of an ICMP error

    bool is_later_fragment() const { return ip.offset != 0; }
    bool is_tcp() const { return ip.protocol == kTcp && !is_later_fragment(); }
    bool contradicts() const { return is_tcp() && tcp::contradict(transport.tcp_flags); }
    bool opens_tcp() const { return is_tcp() && tcp::is_opening(transport.tcp_flags); }
    bool is_error() const { return ip.protocol == kIcmp && is_icmp_error(transport.icmp_type); }
    std::optional<std::uint8_t> tcp_flags() const;
};

// Does the packet belong to a connection its sender has opened, or does it answer one?
enum class Role { Opens, Answers };

// May the sender of this packet be told what became of it (RFC 1122, 3.2.2; RFC 1812, 4.3.2.7)?
bool may_be_told(const Packet&);

// A card of this host at one end.
struct Side {
    const Card* card = nullptr;
    bool is_sender = false;
    Leg* leg = nullptr;
    Role role = Role::Opens;
};

class Walk {
public:
    // `place`: the card it comes out of, or that it comes out of a tunnel for.
    Walk(Oracle& oracle, const Cloud& cloud, const std::string& place, bool is_sent)
        : oracle_(oracle), cloud_(cloud), place_(place), is_sent_(is_sent)
    {
    }

    // False: an objection says why not.
    bool read(View packet);
    // What the packet itself says, without what fragments remember.
    static std::optional<Packet> peek(View packet, std::uint32_t vni);
    // All objections to a packet from `sender` to `receiver`; nullptr: is elsewhere. `from`, `to`: their
    // names, or those of the hosts they are on.
    void judge(const Card* sender, const Card* receiver, const std::string& from, const std::string& to);
    // It passes: what connections and fragments learn from it.
    void remember();
    void object(drop_reason reason) { objections.push_back(reason); }

    Packet packet;
    std::vector<drop_reason> objections;
    std::vector<Hit> hits;
    // Documents have changed since the connection an ICMP error is about was judged: the error may come too early.
    bool may_be_unrelated = false;

private:
    void recall();
    bool is_approved(const Leg&, const Card&) const;
    void judge_error();
    bool judge_midstream();
    void ask(const Decision&, drop_reason otherwise, bool is_certain);
    void ask_sides();
    void ask_side(const Side&, bool is_certain);
    void ask_acl_of(const Side&);
    bool is_new() const;
    bool is_settled(const Side&) const;
    bool needs_no_asking() const;
    void remember(Side&);
    FragmentKey fragment_key() const;

    Oracle& oracle_;
    const Cloud& cloud_;
    std::string place_, from_, to_;
    bool is_sent_;
    std::vector<Side> sides_;
    bool is_midstream_ = false;
    bool may_settle_ = false; // a packet that only joins a connection establishes nothing
};

} // namespace vpcd::oracle
