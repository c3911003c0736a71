"""Makes a page of the manual from its frame and from where its facts are written: a program's --help, or annotated YAML.

The frame is troff; @VERSION@ and @CONTENT@ are replaced, and @FOOTER@ by the end of a program's --help. Compressed as
Debian has it, without a time, so that the same sources make the same bytes.
"""
import argparse
import gzip
import re
import subprocess

HELP_COLUMN = 30  # where CLI11 begins explanations


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return "\\&" + text if text[:1] in (".", "'") else text


def verbatim(lines):
    return [".nf", *(escape(line) for line in lines), ".fi"]


def item(term, explanation):
    return [".TP", f".B {escape(term)}", *(escape(line) for line in explanation)]


# --- programs -----------------------------------------------------------------------------------------------------------

def help_of(*command):
    return subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout.splitlines()


def is_heading(line):
    return line in ("Options:", "Positionals:", "Subcommands:")


def sections_of(lines):
    """{"Options": [(term, explanation)]}"""
    sections, entries = {}, []
    for line in lines:
        if is_heading(line):
            entries = sections.setdefault(line.removesuffix(":"), [])
        elif entries and line.startswith(" " * HELP_COLUMN):
            entries[-1][1].append(line.strip())
        elif re.match(r"  \S", line):
            term, _, explanation = line.strip().partition("  ")
            entries.append((term, [explanation.strip()] if explanation else []))
    return sections


def split_help(lines):
    """Body and footer, which begins after the sections with an unindented line that is no heading."""
    first = next(index for index, line in enumerate(lines) if is_heading(line))
    for index in range(first, len(lines)):
        if re.match(r"\S", lines[index]) and not is_heading(lines[index]):
            return lines[:index], lines[index:]
    return lines, []


def options_of(sections):
    out = []
    for term, explanation in sections.get("Positionals", []) + sections.get("Options", []):
        out += item(term, explanation or ["\\&"])
    return out


def program_page(program):
    body, footer = split_help(help_of(program))
    sections = sections_of(body)
    out = []
    for name, explanation in sections.get("Subcommands", []):
        lines, _ = split_help(help_of(program, name))
        usage = next(line for line in lines if line.startswith("Usage: "))
        commands = sections_of(lines)
        out += [f".SS {escape(usage.removeprefix('Usage: '))}", escape(" ".join(explanation)) + "."]
        out += options_of({key: [entry for entry in entries if not entry[0].startswith("-h,")]
                           for key, entries in commands.items()})
    heading = [".SS All commands"] if out else []
    return out + heading + options_of(sections), verbatim(footer)


# --- annotated YAML -----------------------------------------------------------------------------------------------------

def entries_of(lines):
    """(what the file is about, {path of a key: (its example, explanation)}), of the first document of a file."""
    about, entries, comment, path = None, {}, [], []
    for line in lines:
        if line == "---":
            break
        text = line.strip()
        unset = re.fullmatch(r"# ([a-z]\w*): (\S+)", line)
        if not text:
            if about is None:
                about, comment = comment, []
            continue
        if text.startswith("#") and not unset:
            comment.append(text.removeprefix("#").removeprefix(" ").rstrip())
            continue
        match = re.match(r"(\s*)(- )?(?:# )?(\w+):\s*(.*)", line)
        indent = len(match[1]) + len(match[2] or "")
        while path and path[-1][0] >= indent:
            path.pop()
        path.append((indent, match[3]))
        if match[2] and len(path) > 1:
            path[-2] = (path[-2][0], path[-2][1].removesuffix("[]") + "[]")
        value, _, remark = match[4].partition(" #")
        if match[3] == "kind":
            about, comment = (about or []) + comment, []
            continue
        comment += [remark.strip()] if remark else []
        if comment or value:
            entries.setdefault(".".join(name for _, name in path), (value.strip(), comment))
        comment = []
    return about or [], entries


def explained(comment):
    """Indented lines of a comment are a list, and stay lines."""
    out, listing = [], False
    for line in comment:
        is_listed = line.startswith("  ")
        if is_listed != listing:
            out += [".nf", ".RS 9"] if is_listed else [".RE", ".fi"]
        listing = is_listed
        out.append(escape(line.strip() if not is_listed else line[2:]))
    return out + ([".RE", ".fi"] if listing else [])


def yaml_entries(entries):
    out = []
    for path, (value, comment) in entries.items():
        out += [".TP", f".BR {path} \" {escape(value)}\"" if value else f".B {path}"]
        out += explained(comment) or ["\\&"]
    return out


def settings_page(path):
    with open(path, encoding="utf-8") as file:
        about, entries = entries_of(file.read().splitlines())
    return explained(about) + yaml_entries(entries)


def documents_page(paths):
    out = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        about, entries = entries_of(lines)
        kind, _, rest = " ".join(about).partition(": ")
        out += [f".SH {kind}", escape(rest[:1].upper() + rest[1:]), *yaml_entries(entries)]
        if "---" in lines:
            out += [".PP", "More examples:", ".PP", *verbatim(lines[lines.index("---") + 1:])]
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", required=True)
    parser.add_argument("--frame", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("manner", choices=("program", "settings", "documents", "changelog"))
    parser.add_argument("sources", nargs="*")
    options = parser.parse_args()

    content, footer = [], []
    if options.manner == "program":
        content, footer = program_page(options.sources[0])
    elif options.manner == "settings":
        content = settings_page(options.sources[0])
    elif options.manner == "documents":
        content = documents_page(options.sources)
    with open(options.frame, encoding="utf-8") as file:
        text = file.read().replace("@VERSION@", options.version)
    text = text.replace("@CONTENT@", "\n".join(content)).replace("@FOOTER@", "\n".join(footer))
    with open(options.output, "wb") as output, gzip.GzipFile("", "wb", 9, output, mtime=0) as compressed:
        compressed.write(text.encode())


if __name__ == "__main__":
    main()
