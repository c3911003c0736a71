// All documents by file, and the model they make. A change is taken whole or not at all.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "config/parse.h"
#include "model/model.h"
#include "model/rules.h"

namespace vpcd {

class Documents {
    // Where each resource is declared in the change.
    using DeclaredKeys = boost::unordered_flat_map<ResourceKey, const Declaration*, ResourceHash, ResourceEqual>;

public:
    explicit Documents(Quotas quotas) : quotas_(quotas) {}

    using Files = std::map<std::string, std::optional<std::string>>; // path -> text; nullopt: the file is gone

    // What changed in the model; or every error (of more than kMostErrors, the first that were found). After a
    // refusal the model is as before, and the refused texts are remembered and tried again together with the next
    // change.
    std::expected<ResourceIds, std::vector<Error>> update(Files files);

    const Model& model() const { return model_; }
    // Of the last update: milliseconds that the texts and that the model and its rules took.
    double read_ms() const { return read_ms_; }
    double model_ms() const { return model_ms_; }
    // Of the last refused change; empty when all is accepted.
    const std::vector<Error>& pending_errors() const { return pending_errors_; }

private:
    // A change of the model that is being tried. Once applied, each declaration holds what takes it back.
    struct Change {
        std::vector<Declaration*> declarations; // of pending_, and `removals`; those first that others build on
        std::vector<Declaration> removals;
        std::vector<Declaration> defaults; // what followed from the others
        std::vector<Error> errors;
        Unreadable unreadable;
    };
    std::expected<ResourceIds, std::vector<Error>> try_pending();
    void gather(Change&);
    void gather_removals(Change&, const DeclaredKeys&) const;
    std::optional<Error> note_declared(const Declaration&, DeclaredKeys&) const;
    void apply(Change&);
    void take_back(Change&);
    ResourceIds changed(const Change&) const;
    static FormerValues former_values(const Change&, const ResourceIds& touched);
    void accept();

    Quotas quotas_;
    double read_ms_ = 0;
    double model_ms_ = 0;
    Model model_;
    std::map<std::string, std::vector<ResourceId>> accepted_; // what each file declares
    std::map<std::string, ParsedFile, std::less<>> pending_;  // files that are to replace accepted ones
    std::vector<Error> pending_errors_;
};

} // namespace vpcd
