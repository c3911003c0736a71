// What the entries of a map are made of, and how entries of one layout become entries of another. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vpcd {

// Numbers may become wider; what is in network order may not; raw bytes are copied from the first on.
enum class MemberKind { Number, Signed, Network, Raw };

// A member that holds no others: "address.byte".
struct Member {
    std::string name;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    MemberKind kind = MemberKind::Number;

    friend bool operator==(const Member&, const Member&) = default;
};

// Of a key or a value. Padding is no member.
struct Layout {
    std::uint32_t version = 0; // 0: a plain number, or a struct without VPCD_LAYOUT
    std::uint32_t size = 0;
    std::vector<Member> members;

    friend bool operator==(const Layout&, const Layout&) = default;
};

struct MapLayout {
    Layout key;
    Layout value;

    friend bool operator==(const MapLayout&, const MapLayout&) = default;
};

// One line a member; the inverse refuses what to_text() does not say.
std::string to_text(const MapLayout&);
std::optional<MapLayout> parse_map_layout(std::string_view);

// The way from one layout to another of the same version.
class Conversion {
public:
    // Or why there is none.
    static std::expected<Conversion, std::string> between(const Layout& from, const Layout& to);

    // `to` gets zeroes where `from` has nothing.
    void run(const std::byte* from, std::byte* to) const;
    // "created is new, host has moved"; empty: nothing to be done.
    const std::string& words() const { return words_; }

private:
    struct Step {
        Member from;
        Member to;
    };

    std::vector<Step> steps_;
    std::uint32_t size_ = 0;
    std::string words_;
};

} // namespace vpcd
