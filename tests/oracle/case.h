// A case: documents, and what happens one after another. Every step stands for itself, so that any of them can be
// left out.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/documents.h"
#include "frame.h"

namespace vpcd::oracle {

// An IP packet in fields: what a test says of it, and words are made of.
struct Said {
    Ipv4 source = 0, destination = 0;
    std::uint8_t protocol = 17, ttl = 64, tos = 0;
    std::uint16_t source_port = 0, destination_port = 0;
    std::uint8_t tcp_flags = 0;
    std::uint16_t segment_size = 0; // an option of a SYN; 0: none
    std::uint8_t icmp_type = 0, icmp_code = 0;
    std::uint16_t icmp_id = 0;
    std::uint16_t id = 0; // of the IP header
    std::size_t offset = 0;
    bool more = false;
    std::size_t payload = 16;
    std::vector<Said> quoted; // none or one: what an ICMP error is about

    bool operator==(const Said&) const = default;
};

// A packet leaves a card, arrives from a host inside a tunnel, or comes from the Internet.
struct Sending {
    Said packet;
    std::string card;                 // it leaves; empty: it arrives
    std::optional<MacBytes> from_mac; // another one than the card's
    Ipv4 host = 0;                    // it arrives from
    std::uint32_t vni = 0;
    std::string to_card; // whose MAC the inner frame is for
    std::uint8_t outer_tos = 0;
    bool is_from_internet = false;
    bool is_to_internet = false; // it arrives, to be taken out
};

// One document comes, changes or, without value, goes.
struct Change {
    ResourceId id;
    std::optional<AnyResource> value;
};

using Step = std::variant<Sending, Change>;

struct Case {
    std::vector<AnyResource> documents;
    std::vector<Step> steps;
};

test::Packet packet_of(const Said&);
// The frame as it meets the host whose world this is; nullopt: who is to send it is not there.
std::optional<Bytes> frame_of(const Sending&, const World&, const std::string& host);

std::string in_words(const Said&);
std::string in_words(const Step&);
// YAML and steps in words.
std::string in_words(const Case&);

// Each document is a file of its own.
Documents::Files files_of(const std::vector<AnyResource>& documents);
Documents::Files files_of(const Change&);

} // namespace vpcd::oracle
