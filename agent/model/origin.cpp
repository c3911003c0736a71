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

Origin::Layout& Origin::layout()
{
    if (!layout_)
        layout_ = std::make_shared<Layout>();
    return *layout_;
}

void Origin::reserve(std::size_t fields)
{
    layout().reserve(fields);
}

void Origin::add(PathHash path, unsigned line, unsigned column)
{
    layout().push_back({path, line - line_, column});
}

const Origin::Field* Origin::find(std::string_view path) const
{
    if (!layout_)
        return nullptr;
    const auto found = std::ranges::find(*layout_, PathHash{path}, &Field::path);
    return found == layout_->end() ? nullptr : &*found;
}

Location Origin::at(std::string_view path) const
{
    if (!file_)
        return {};
    while (!path.empty()) {
        if (const Field* field = find(path))
            return {*file_, line_ + field->lines, field->column};
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
    const auto same_layout = [&] {
        if (left.layout_ == right.layout_)
            return true;
        return left.layout_ && right.layout_ && *left.layout_ == *right.layout_;
    };
    return left.at() == right.at() && left.is_generated_ == right.is_generated_ && same_layout();
}

void LayoutPool::share(Origin& origin)
{
    if (origin.layout_)
        origin.layout_ = *layouts_.insert(origin.layout_).first;
}

} // namespace vpcd
