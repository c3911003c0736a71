// Programs of another build than the agent's own, loaded over the same tables.
#pragma once

#include <string>
#include <vector>

#include "dataplane/object_file.h"

namespace vpcd {

class OtherBuild {
public:
    // `own`: the agent's programs, loaded. Nothing is attached. Refuses programs that would read the tables otherwise
    // than the agent writes them.
    static Result<OtherBuild> load(const ObjectImages&, const std::vector<bpf_object*>& own);

    // -1: this build has no such program, take the agent's own.
    int program(const std::string& name) const;

private:
    std::vector<ObjectFile> objects_;
};

} // namespace vpcd
