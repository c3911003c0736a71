// Connections as the interfaces of one host remember them. Each card keeps its own legs: it knows what it has sent
// and received, and nothing else. No clock: nothing ends by itself.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <string>

#include "frame.h"

namespace vpcd::oracle {

// One direction of a connection. ICMP queries: the identifier is the asking side's port, the type asked the other's,
// and `is_answer` tells the answer from the question.
struct Tuple {
    std::uint32_t vni = 0;
    std::uint8_t protocol = 0;
    Ipv4 source = 0, destination = 0;
    std::uint16_t source_port = 0, destination_port = 0;
    bool is_answer = false;

    Tuple reversed() const;
    auto operator<=>(const Tuple&) const = default;
};

std::string in_words(const Tuple&);

// nullopt: ICMP that is neither a question nor its answer.
std::optional<Tuple> tuple_of(std::uint32_t vni, const Ip&, const Transport&);
bool is_icmp_error(std::uint8_t type);
bool is_icmp_query(std::uint8_t type);

namespace tcp {
constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kAck = 16;

// SYN with FIN or RST; neither SYN, ACK nor RST; FIN without ACK.
bool contradict(std::uint8_t flags);
bool is_opening(std::uint8_t flags); // SYN without ACK
} // namespace tcp

// What one end has said last.
enum class LastSaid { Nothing, Syn, Data, Fin, Rst };

// What a card knows of one conversation.
struct Leg {
    std::string card;
    Tuple tuple;                 // as the card sends
    bool opened_by_card = false; // else by the other end
    LastSaid said_by_card = LastSaid::Nothing, said_by_peer = LastSaid::Nothing;
    unsigned sent = 0, received = 0; // packets that passed
    bool is_midstream = false;       // its first packet was in the middle of a TCP connection
    bool is_established = false;
    // Of each direction: under which documents groups and network ACLs were asked last; 0: never.
    struct Asked {
        unsigned groups = 0, acls = 0;
    } sending, receiving;
    // The card or the host to which the last packet went and from which one came, or is expected.
    std::string leads_to, heard_from;

    bool is_closed() const;
    Asked& asked(bool sends) { return sends ? sending : receiving; }
    // The packet that opened it, as it travelled.
    Tuple opening() const { return opened_by_card ? tuple : tuple.reversed(); }
    // A packet of it has passed. Unless it only joins it (not `may_settle`) it may establish the connection:
    // when the opener goes on after an answer (TCP: SYN+ACK); others also by 4 answers, or 16 packets nobody answers.
    void note(bool sends, const std::optional<std::uint8_t>& tcp_flags, bool may_settle);
};

class Legs {
public:
    Leg* find(const std::string& card, const Tuple& sent);
    // In place of what the card knew of this conversation.
    void forget(const std::string& card, const Tuple& sent) { legs_.erase({card, sent}); }
    Leg& open(const std::string& card, const Tuple& sent, bool opened_by_card);

private:
    std::map<std::pair<std::string, Tuple>, Leg> legs_;
};

} // namespace vpcd::oracle
