#include "app/directories.h"

#include <filesystem>

#include "dataplane/pins.h"

namespace vpcd {

Result<std::vector<DirectoryLock>> make_directories(const AgentConfig& config)
{
    std::error_code error;
    std::filesystem::create_directories(config.runtime_directory, error);
    if (error)
        return fail(Error::system(error.value(), "create " + config.runtime_directory));
    if (auto pins = Pins::open(config.pin_directory); !pins)
        return fail(pins.error());
    return lock_directories(config);
}

Result<std::vector<DirectoryLock>> lock_directories(const AgentConfig& config)
{
    std::vector<DirectoryLock> locks;
    for (const auto& directory : {config.runtime_directory, config.pin_directory}) {
        std::error_code ignored;
        if (!std::filesystem::is_directory(directory, ignored))
            continue;
        auto lock = DirectoryLock::take(directory);
        if (!lock)
            return fail(lock.error());
        locks.push_back(std::move(*lock));
    }
    return locks;
}

} // namespace vpcd
