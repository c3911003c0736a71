// Answers of the agent as text for a person: one function for each command.
#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace vpcd {

std::string render_status(const boost::json::value&);
// `items` of a list, or a list of one: a column for each field of the documents.
std::string render_list(const boost::json::value& answer);
std::string render_kinds(const boost::json::value& answer);
// The same as documents that vpcd reads back, each with a comment that says where it was written.
std::string render_documents(const boost::json::value& answer);
std::string render_describe(const boost::json::value&);
std::string render_flows(const boost::json::value&);
// How many connections were ended.
std::string render_ended(const boost::json::value&);
// Counters of the datapath that are zero are shown with `all` only.
std::string render_counters(const boost::json::value&, bool all);
// Ends with the verdict.
std::string render_trace(const boost::json::value&);
std::string render_drops(const boost::json::value&);
// One line; for the lost records too.
std::string render_drop(const boost::json::value& record);

} // namespace vpcd
