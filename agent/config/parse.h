// The text of a file -> what it declares.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"
#include "model/rules.h"

namespace vpcd {

struct ParsedFile {
    std::vector<Declaration> declarations; // in the order of the file; none removes
    std::vector<Error> errors;
    Unreadable unreadable; // what the errors hide
};

// Only what can be said of each document alone; rules between documents are the model's.
ParsedFile parse_documents(const std::string& file, std::string_view text);

} // namespace vpcd
