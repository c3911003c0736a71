// What is declared, as the oracle sees it: plain values, every reference followed, IPv4 as numbers. Made from the
// model and from nothing that plan or datapath use.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/model.h"
#include "support/packet.h"

namespace vpcd::oracle {

using test::Bytes;
using test::MacBytes;
using Ipv4 = std::uint32_t; // host byte order

std::string dotted(Ipv4 address);

struct Block {
    Ipv4 first = 0;
    unsigned bits = 0;

    bool contains(Ipv4 address) const { return bits == 0 || (address ^ first) >> (32 - bits) == 0; }
    bool operator==(const Block&) const = default;
};

struct Rule {
    Direction direction = Direction::Ingress;
    bool allows = true;
    std::optional<std::uint8_t> protocol;
    std::vector<PortRange> ports; // empty: any
    std::optional<unsigned> icmp_type, icmp_code;
    std::optional<std::vector<Block>> peer_blocks; // of a block or a prefix list
    std::string peer_group;                        // neither of the two: anybody
    unsigned priority = 0;
    std::string text; // as the model words it
};

struct Group {
    std::string name;
    bool is_isolated = false;
    bool drops_outbound = false; // what no rule matches
    std::vector<Rule> rules;
};

struct Acl {
    std::string name;
    std::vector<Rule> rules;
};

struct Route {
    Block destination;
    std::string card; // empty: a blackhole
};

struct Subnet {
    std::string name;
    Block block;
    Ipv4 gateway = 0;
    std::string table; // "main" or that of a document
    std::string acl;   // empty: none
};

// An interface; the word is taken by the model's.
struct Card {
    std::string name, vpc, subnet, host, device;
    std::vector<Ipv4> addresses; // the primary one first
    MacBytes mac{};
    bool is_checked = true;
    std::vector<std::string> groups;

    bool has(Ipv4 address) const;
};

struct Cloud {
    std::string name;
    std::uint32_t vni = 0;
    Midstream midstream = Midstream::AfterMove;
    unsigned most_flows = 0; // entries; 0: no limit
    std::map<std::string, Subnet> subnets;
    std::map<std::string, std::vector<Route>> tables; // custom routes, by the table they are in force in
    std::vector<Route> arrivals;                      // all of them; of equal destinations the first counts
    std::map<std::string, Group> groups;
    std::map<std::string, Acl> acls;
};

struct Station {
    std::string name;
    Ipv4 address = 0;
    Encapsulation encapsulation = Encapsulation::Vxlan;
    bool leads_out = false; // to the Internet
};

// An address of the Internet that is bound to a private one.
struct Public {
    Ipv4 address = 0, private_address = 0;
    std::string cloud, card;
    std::string host; // serves it; empty: nobody does
};

struct World {
    std::map<std::string, Station> hosts;
    std::map<std::string, Cloud> clouds; // VPCs
    std::map<std::string, Card> cards;
    std::vector<Public> publics;

    const Public* public_of(const std::string& cloud, Ipv4 private_address) const;
    const Public* served(Ipv4 address, const std::string& host) const;
    const Card* owner(const std::string& cloud, Ipv4 address) const;
    const Card* by_mac(const std::string& cloud, const MacBytes& mac) const;
    const Cloud* by_vni(std::uint32_t vni) const;
    const Station* by_address(Ipv4 address) const;
    const Subnet& subnet_of(const Card& card) const { return clouds.at(card.vpc).subnets.at(card.subnet); }
    // Somebody of this VPC runs on the host, or has a public address there.
    bool is_present(const std::string& cloud, const std::string& host) const;
};

World world_of(const Model&);

} // namespace vpcd::oracle
