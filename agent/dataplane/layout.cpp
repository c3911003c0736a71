#include "dataplane/layout.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sstream>

namespace vpcd {

namespace {

constexpr std::array<std::string_view, 4> kKindWords{"number", "signed", "network", "bytes"};

void append(std::string& text, std::string_view what, const Layout& layout)
{
    text += fmt::format("{} {} {}\n", what, layout.version, layout.size);
    for (const auto& member : layout.members)
        text += fmt::format("{} {} {} {}\n", member.name, member.offset, member.size,
                            kKindWords.at(static_cast<std::size_t>(member.kind)));
}

std::optional<Member> parse_member(const std::string& line)
{
    Member member;
    std::string kind;
    std::istringstream words{line};
    words >> member.name >> member.offset >> member.size >> kind;
    const auto found = std::ranges::find(kKindWords, kind);
    if (words.fail() || found == kKindWords.end())
        return std::nullopt;
    member.kind = static_cast<MemberKind>(found - kKindWords.begin());
    return member;
}

// Every member lies inside: what comes of a record is used to read memory.
bool is_sound(const Layout& layout)
{
    return std::ranges::all_of(layout.members, [&](const Member& member) {
        return member.offset <= layout.size && member.size <= layout.size - member.offset;
    });
}

const Member* find(const Layout& layout, std::string_view name)
{
    const auto found = std::ranges::find(layout.members, name, &Member::name);
    return found == layout.members.end() ? nullptr : &*found;
}

// What cannot be carried over, in words; nothing: it can.
std::optional<std::string> obstacle(const Member& from, const Member& to)
{
    if (from.kind != to.kind)
        return fmt::format("{} is of another kind", to.name);
    if (to.size < from.size)
        return fmt::format("{} has become narrower", to.name);
    if (to.size > from.size && to.kind == MemberKind::Network)
        return fmt::format("{} is in network order and has become wider", to.name);
    return std::nullopt;
}

void widen(const Member& from, const Member& to, const std::byte* source, std::byte* target)
{
    const std::size_t low = std::endian::native == std::endian::little ? 0 : to.size - from.size;
    const std::byte top = source[std::endian::native == std::endian::little ? from.size - 1 : 0];
    const bool is_negative = to.kind == MemberKind::Signed && (top & std::byte{0x80}) != std::byte{};
    std::memset(target, is_negative ? 0xff : 0, to.size);
    std::memcpy(target + low, source, from.size);
}

} // namespace

std::string to_text(const MapLayout& layout)
{
    std::string text;
    append(text, "key", layout.key);
    append(text, "value", layout.value);
    return text;
}

std::optional<MapLayout> parse_map_layout(std::string_view text)
{
    MapLayout parsed;
    std::istringstream lines{std::string{text}};
    std::string line;
    for (auto [what, layout] : {std::pair{"key", &parsed.key}, {"value", &parsed.value}}) {
        if (line.empty() && !std::getline(lines, line))
            return std::nullopt;
        std::istringstream head{line};
        std::string word;
        head >> word >> layout->version >> layout->size;
        if (head.fail() || word != what)
            return std::nullopt;
        while (std::getline(lines, line) && !line.starts_with("value ")) {
            auto member = parse_member(line);
            if (!member)
                return std::nullopt;
            layout->members.push_back(std::move(*member));
        }
    }
    if (!is_sound(parsed.key) || !is_sound(parsed.value))
        return std::nullopt;
    return parsed;
}

std::expected<Conversion, std::string> Conversion::between(const Layout& from, const Layout& to)
{
    if (from.version != to.version)
        return std::unexpected(fmt::format("layout {} instead of {}", to.version, from.version));

    Conversion conversion;
    conversion.size_ = to.size;
    std::vector<std::string> words;
    for (const auto& member : to.members) {
        const Member* old = find(from, member.name);
        if (!old) {
            words.push_back(member.name + " is new");
            continue;
        }
        if (const auto why = obstacle(*old, member))
            return std::unexpected(*why);
        if (old->size != member.size)
            words.push_back(member.name + " is wider");
        else if (old->offset != member.offset)
            words.push_back(member.name + " has moved");
        conversion.steps_.push_back({*old, member});
    }
    for (const auto& member : from.members)
        if (!find(to, member.name))
            words.push_back(member.name + " is gone");
    if (words.empty() && from.size != to.size)
        words.emplace_back("another size");
    conversion.words_ = fmt::format("{}", fmt::join(words, ", "));
    return conversion;
}

void Conversion::run(const std::byte* from, std::byte* to) const
{
    std::memset(to, 0, size_);
    for (const auto& step : steps_) {
        const std::byte* source = from + step.from.offset;
        std::byte* target = to + step.to.offset;
        if (step.to.kind == MemberKind::Raw || step.from.size == step.to.size)
            std::memcpy(target, source, step.from.size);
        else
            widen(step.from, step.to, source, target);
    }
}

} // namespace vpcd
