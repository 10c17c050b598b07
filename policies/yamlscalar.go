package policies

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// scalar reads a plain one up to the end of its line.
func (q *quick) scalar(column int) yamlTree {
	end := q.lineEnd()
	text := q.src[q.at:end]
	if i := strings.Index(text, " #"); i >= 0 {
		text = text[:i]
	}
	text = strings.TrimRight(text, " ")
	if !begins(text) || strings.Contains(text, ": ") || strings.HasSuffix(text, ":") || column == 0 && (strings.HasPrefix(text, "---") || strings.HasPrefix(text, "...")) {
		return q.give()
	}
	out := yamlTree{kind: yaml.ScalarNode, plain: true, line: q.line, text: text}
	q.at += len(text)
	return out
}

// begins: a plain scalar may begin so.
func begins(text string) bool {
	return text != "" && strings.IndexByte("-?:,[]{}#&*!|>'\"%@`", text[0]) < 0
}

// inlineScalar reads a plain one within brackets.
func (q *quick) inlineScalar() yamlTree {
	n := strings.IndexAny(q.src[q.at:], ",]}[{:#\n")
	if n < 0 || strings.IndexByte(",]}", q.src[q.at+n]) < 0 {
		return q.give()
	}
	text := strings.TrimRight(q.src[q.at:q.at+n], " ")
	if !begins(text) {
		return q.give()
	}
	out := yamlTree{kind: yaml.ScalarNode, plain: true, line: q.line, text: text}
	q.at += n
	return out
}

// quoted reads a scalar in quotes, without escapes but for quotes.
func (q *quick) quoted() yamlTree {
	mark := q.src[q.at]
	rest := q.src[q.at+1 : q.lineEnd()]
	out := yamlTree{kind: yaml.ScalarNode, line: q.line}
	escape := "''"
	if mark == '"' {
		escape = `\"`
	}
	end, escaped := 0, false
	for ; end < len(rest) && (rest[end] != mark || mark == '\'' && strings.HasPrefix(rest[end:], escape)); end++ {
		if rest[end] == '\\' && mark == '"' || rest[end] == '\'' && mark == '\'' {
			if !strings.HasPrefix(rest[end:], escape) {
				return q.give()
			}
			escaped = true
			end++
		}
	}
	if end >= len(rest) {
		return q.give()
	}
	if out.text = rest[:end]; escaped {
		out.text = strings.ReplaceAll(out.text, escape, string(mark))
	}
	q.at += end + 2
	return out
}

// text reads a block of text that stands further in than a column.
func (q *quick) text(column int) yamlTree {
	out := yamlTree{kind: yaml.ScalarNode, block: true, line: q.line}
	header := strings.TrimRight(q.src[q.at:q.lineEnd()], " ")
	if kind := strings.TrimSuffix(header, "-"); kind != ">" && kind != "|" {
		return q.give()
	}
	q.at = q.lineEnd()
	lines, ok := q.textLines(column)
	if !ok {
		return q.give()
	}
	if out.text = joined(lines, header[0] == '>'); !strings.HasSuffix(header, "-") {
		out.text += "\n"
	}
	q.skip()
	if q.at < len(q.src) && q.column() > column {
		return q.give()
	}
	return out
}

// joined folds lines into one; those that stand further in stay by themselves.
func joined(lines []string, fold bool) string {
	var out strings.Builder
	for i, line := range lines {
		switch {
		case i == 0:
		case fold && line[0] != ' ' && lines[i-1][0] != ' ':
			out.WriteByte(' ')
		default:
			out.WriteByte('\n')
		}
		out.WriteString(line)
	}
	return out.String()
}

// textLines are the lines of a block of text, of which none is empty.
func (q *quick) textLines(column int) (lines []string, ok bool) {
	indent := -1
	for q.at < len(q.src) {
		q.at++ // the end of the line before
		if q.at == len(q.src) {
			q.line, q.start = q.line+1, q.at
			break
		}
		line := q.src[q.at:q.lineEnd()]
		text := strings.TrimLeft(line, " ")
		in := len(line) - len(text)
		if indent < 0 {
			if indent = in; in <= column {
				return nil, false
			}
		}
		if text == "" && in > 0 || in < indent && in > column && text != "" {
			return nil, false
		}
		q.line, q.start = q.line+1, q.at
		if in < indent {
			return lines, text != "" || !q.goesOn(column)
		}
		lines = append(lines, line[indent:])
		q.at = q.lineEnd()
	}
	return lines, len(lines) > 0
}

// goesOn: the text goes on behind empty lines.
func (q *quick) goesOn(column int) bool {
	rest := strings.TrimLeft(q.src[q.at:], "\n")
	in := len(rest) - len(strings.TrimLeft(rest, " "))
	return rest != "" && in > column
}
