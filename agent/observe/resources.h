// Declared resources as the API shows them: the document, where it was written, and how it fares.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "observe/router.h"
#include "observe/views.h"

namespace vpcd {

// A part of a list, in the order of names. A fleet has a million interfaces; one answer never has.
struct Page {
    static constexpr unsigned kDefaultLimit = 1000;
    static constexpr unsigned kMaxLimit = 20'000;

    std::string after; // begins behind this name; empty: at the first
    unsigned limit = kDefaultLimit;
};

// {"Host": 2, "Vpc": 1, ...}
boost::json::object resource_counts(const Model&);
// `kind` in any spelling the model understands, or one of a few short words: rt, eni.
Answer<boost::json::value> list_resources(const Views&, std::string_view kind, const Page&);
Answer<boost::json::value> show_resource(const Views&, std::string_view kind, std::string_view name);

// {"resource": ..., "where": ..., "state": ...}
boost::json::object resource_object(const Views&, const AnyResource&);

Answer<std::string_view> kind_of(std::string_view word);
Answer<AnyResource> find_resource(const Model&, std::string_view kind_word, std::string_view name);

} // namespace vpcd
