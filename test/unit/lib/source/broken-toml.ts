/** Broken TOML: the text, and the message word for word. */
import type { BrokenText } from './broken-text.js';

export const brokenToml: readonly BrokenText[] = [
  {
    name: 'a value without quotes',
    text: `[log]
level = DEBUG
`,
    expected: `
error FL1003 the value is missing or malformed                  fairlead.toml:2:9
   1 | [log]
   2 | level = DEBUG
     |         ^ put text in quotes; true and false are lower case
`,
  },
  {
    name: 'a table written twice',
    text: `[log]
level = "DEBUG"
[log]
format = "json"
`,
    expected: `
error FL1004 the key or table is written twice                  fairlead.toml:3:2
   1 | [log]
   2 | level = "DEBUG"
   3 | [log]
     |  ^
`,
  },
  {
    name: 'a key written twice',
    text: `a = 1
a = 2
`,
    expected: `
error FL1004 the key or table is written twice                  fairlead.toml:2:1
   1 | a = 1
   2 | a = 2
     | ^
`,
  },
  {
    name: 'a table header that is never closed',
    text: `[entryPoints.web
address = ":80"
`,
    expected: `
error FL1003 the key or the header of the table is malformed    fairlead.toml:1:16
   1 | [entryPoints.web
     |                ^
`,
  },
  {
    name: 'a quote that is never closed',
    text: `a = "x
b = 1
`,
    expected: `
error FL1003 the quote is not closed on its line                fairlead.toml:1:6
   1 | a = "x
     |      ^ close it, or use """ for several lines
`,
  },
  {
    name: 'an escape that does not exist',
    text: `rule = "\\d"
`,
    expected: `
error FL1003 the escape sequence does not exist                 fairlead.toml:1:10
   1 | rule = "\\d"
     |          ^ use single quotes ('…'), in which a backslash is literal
`,
  },
  {
    name: 'a key without a value',
    text: `a =
`,
    expected: `
error FL1003 the value is missing or malformed                  fairlead.toml:1:3
   1 | a =
     |   ^ put text in quotes; true and false are lower case
`,
  },
  {
    name: 'two settings on one line',
    text: `a = 1 b = 2
`,
    expected: `
error FL1003 a second setting on the line                       fairlead.toml:1:7
   1 | a = 1 b = 2
     |       ^
`,
  },
  {
    name: 'a list that is never closed',
    text: `a = [1, 2
b = 1
`,
    expected: `
error FL1003 a comma or a closing bracket is missing            fairlead.toml:2:1
   1 | a = [1, 2
   2 | b = 1
     | ^
`,
  },
];
