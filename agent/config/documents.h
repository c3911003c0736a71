// All documents by file, and the model they make. A change is taken whole or not at all.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/parse.h"
#include "model/model.h"
#include "model/rules.h"

namespace vpcd {

class Documents {
public:
    explicit Documents(Quotas quotas) : quotas_(quotas) {}

    using Files = std::map<std::string, std::optional<std::string>>; // path -> text; nullopt: the file is gone

    // What changed in the model; or every error. After a refusal the model is as before, and the refused texts are
    // remembered and tried again together with the next change.
    std::expected<std::set<ResourceId>, std::vector<Error>> update(const Files& files);

    const Model& model() const { return model_; }
    // Of the last refused change; empty when all is accepted.
    const std::vector<Error>& pending_errors() const { return pending_errors_; }

private:
    struct Change {
        std::vector<Declaration> declarations;
        std::vector<Error> errors;
        Unreadable unreadable;
    };
    Change gather();
    std::set<ResourceId> changed(const std::vector<Declaration>& undo) const;
    void take_back(std::vector<Declaration> undo);
    void accept();

    Quotas quotas_;
    Model model_;
    std::map<std::string, std::vector<ResourceId>> accepted_; // what each file declares
    std::map<std::string, ParsedFile> pending_;               // files that are to replace accepted ones
    std::vector<Error> pending_errors_;
};

} // namespace vpcd
