// A tree as text, with every place: what two readers of YAML are compared by.
#pragma once

#include <string>

#include <fmt/format.h>

#include "config/yaml.h"

namespace vpcd {

inline void append_outline(const YamlNode& node, std::string& text)
{
    text += fmt::format("{}:{} ", node.line, node.column);
    switch (node.type) {
    case YamlNode::Type::Null:
        text += "null\n";
        break;
    case YamlNode::Type::Scalar:
        text += fmt::format("{}<{}>\n", node.is_quoted ? "quoted " : "", node.text);
        break;
    case YamlNode::Type::Sequence:
        text += "[\n";
        for (const auto& item : node.items)
            append_outline(item, text);
        text += "]\n";
        break;
    case YamlNode::Type::Mapping:
        text += "{\n";
        for (const auto& [key, value] : node.entries) {
            append_outline(key, text);
            append_outline(value, text);
        }
        text += "}\n";
        break;
    }
}

inline std::string outline(const YamlNode* root)
{
    std::string text;
    if (root && root->type != YamlNode::Type::Null) // an empty document has no place
        append_outline(*root, text);
    return text;
}

} // namespace vpcd
