#include "model/origin.h"

#include <algorithm>

namespace vpcd {

Origin::Origin(std::shared_ptr<const std::string> file, unsigned line, unsigned column)
    : file_(std::move(file)), line_(line), column_(column)
{
}

Origin Origin::generated(const Location& cause)
{
    Origin origin{std::make_shared<const std::string>(cause.file), cause.line, cause.column};
    origin.is_generated_ = true;
    return origin;
}

void Origin::add(std::string path, unsigned line, unsigned column)
{
    fields_.push_back({std::move(path), line, column});
}

const Origin::Field* Origin::find(std::string_view path) const
{
    const auto found = std::ranges::find(fields_, path, &Field::path);
    return found == fields_.end() ? nullptr : &*found;
}

Location Origin::at(std::string_view path) const
{
    if (!file_)
        return {};
    while (!path.empty()) {
        if (const Field* field = find(path))
            return {*file_, field->line, field->column};
        const auto end = path.find_last_of(".[");
        path = path.substr(0, end == std::string_view::npos ? 0 : end);
    }
    return {*file_, line_, column_};
}

bool Origin::wrote(std::string_view path) const
{
    return find(path) != nullptr;
}

bool operator==(const Origin& left, const Origin& right)
{
    return left.at() == right.at() && left.is_generated_ == right.is_generated_ && left.fields_ == right.fields_;
}

} // namespace vpcd
