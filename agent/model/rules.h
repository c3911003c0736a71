// Checks a changed model. The rules of a kind are in the .cpp beside its header.
#pragma once

#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "model/model.h"
#include "model/quotas.h"

namespace vpcd {

// Resources that are declared, but in documents that could not be read: a reference to one of them does not dangle.
struct Unreadable {
    ResourceIds ids = {};
    bool others = false; // and some whose kind or name is unknown
};

// What the resources were that a change replaced; those that are new, or not touched, are not among them.
using FormerValues = boost::unordered_flat_map<ResourceKey, const AnyResource*, ResourceHash, ResourceEqual>;

// Every rule that `touched` and what depends on it break, in the order of files and lines. The rest of the model is
// taken to be right: of two resources that cannot stand together, the touched one (then the later one) is to blame.
// Where very many are broken, some of them: more than kMostErrors.
std::vector<Error> check(const Model& model, const ResourceIds& touched, const Quotas& quotas,
                         const Unreadable& unreadable = {}, const FormerValues& former = {});

// In the order of files and lines, each once.
void sort_errors(std::vector<Error>&);

} // namespace vpcd
