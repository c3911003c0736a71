// The compiled programs as files: those embedded in the agent, and others that want to take their place.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

struct bpf_object;

namespace vpcd {

// ELF by name: "interface" of bpf/interface.bpf.c.
using ObjectImages = std::map<std::string, std::string, std::less<>>;

const ObjectImages& embedded_images();

struct CloseObject {
    void operator()(bpf_object*) const;
};
using ObjectFile = std::unique_ptr<bpf_object, CloseObject>;

// Parsed, not loaded. Maps are pinned by name under `pins`.
Result<ObjectFile> open_object(const std::string& name, const std::string& image, const std::string& pins);

// What the agent has set before it loaded `from` (constants in .rodata), into what bears the same name in `to`.
void copy_constants(bpf_object* from, bpf_object* to);

// Same programs, same tables, same layouts as in `reference`, down to the members of keys and values: what the agent
// writes into one is what the other reads. Else a sentence that names the difference.
Result<void> check_interchangeable(const bpf_object* object, const bpf_object* reference);

} // namespace vpcd
