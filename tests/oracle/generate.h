// Random cases: few names, addresses and ports, so that they meet often, and packets that know what came before them.
#pragma once

#include "case.h"
#include "dice.h"

namespace vpcd::oracle {

// The host that cases are played on, and how many of its cards have a device: tap-0, tap-1, ...
constexpr const char* kHost = "node-a";
constexpr unsigned kDevicesHere = 7;
// The device that leads to the Internet.
constexpr const char* kExternalLink = "external0";

// Documents the loader takes.
std::vector<AnyResource> random_documents(Dice&);
// One document of these otherwise; it may break a rule.
Change random_change(Dice&, const Model&);

// Steps over these documents; changes among them are such as the loader takes.
std::vector<Step> random_steps(Dice&, const std::vector<AnyResource>& documents, std::size_t packets);

inline Case random_case(Dice& dice, std::size_t packets)
{
    Case made{random_documents(dice), {}};
    made.steps = random_steps(dice, made.documents, packets);
    return made;
}

} // namespace vpcd::oracle
