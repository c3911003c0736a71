// How the values of the API are written as JSON. Keys are camelCase, as in the documents; addresses are text; a
// protocol has its name; what is not known is left out.
#pragma once

#include <boost/json/value.hpp>

#include "observe/views.h"
#include "plan/effective_routes.h"

namespace vpcd {

boost::json::value to_json(const FlowView&);
boost::json::value to_json(const InterfaceCounters&);
boost::json::value to_json(const PublicCounters&);
boost::json::value to_json(const DropCount&);
boost::json::value to_json(const DatapathCounter&);
boost::json::value to_json(const DropRecord&);
boost::json::value to_json(const PeerView&);
boost::json::value to_json(const MapView&);
boost::json::value to_json(const ChangeView&);
boost::json::value to_json(const UnderlayView&);
boost::json::value to_json(const ProgramsView&);
// `resources`: how many there are of each kind.
boost::json::value to_json(const Status&, boost::json::object resources);
boost::json::value to_json(const EffectiveRoute&);
boost::json::value to_json(const TraceAnswer&);

template <typename T>
boost::json::array to_json_array(const std::vector<T>& values)
{
    boost::json::array array;
    array.reserve(values.size());
    for (const T& value : values)
        array.push_back(to_json(value));
    return array;
}

} // namespace vpcd
