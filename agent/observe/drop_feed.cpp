// Fan-out of drop records.
#include "observe/drop_feed.h"

#include <utility>
#include <vector>

#include "observe/json.h"

namespace vpcd {

struct DropFeed::State {
    struct Follower {
        std::shared_ptr<Stream> stream;
        DropFilter filter;
    };
    std::vector<Follower> followers;
    std::function<void(bool)> on_change;

    void remove(const Stream* stream)
    {
        const auto removed =
            std::erase_if(followers, [&](const Follower& each) { return each.stream.get() == stream; });
        if (removed > 0 && followers.empty())
            on_change(false);
    }
};

namespace {

bool accepts(const std::optional<std::string>& wanted, const std::string& value)
{
    return !wanted || *wanted == value;
}

bool accepts(const DropFilter& filter, const DropRecord& record)
{
    return accepts(filter.vpc, record.vpc) && accepts(filter.interface, record.interface) &&
           accepts(filter.reason, record.reason);
}

} // namespace

DropFeed::DropFeed(std::function<void(bool)> on_change) : state_(std::make_shared<State>())
{
    state_->on_change = std::move(on_change);
}

DropFeed::~DropFeed() = default;

void DropFeed::publish(const DropRecord& record)
{
    if (state_->followers.empty())
        return;
    const auto json = to_json(record);
    for (const auto& follower : state_->followers)
        if (accepts(follower.filter, record))
            follower.stream->write(json);
}

void DropFeed::follow(std::shared_ptr<Stream> stream, DropFilter filter)
{
    stream->on_close([weak = std::weak_ptr(state_), key = stream.get()] {
        if (const auto state = weak.lock())
            state->remove(key);
    });
    state_->followers.push_back({std::move(stream), std::move(filter)});
    if (state_->followers.size() == 1)
        state_->on_change(true);
}

} // namespace vpcd
