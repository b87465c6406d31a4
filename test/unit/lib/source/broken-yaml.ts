/** Broken YAML: the text, and the message word for word. */
import type { BrokenText } from './broken-text.js';

export const brokenYaml: readonly BrokenText[] = [
  {
    name: 'a tab as indentation',
    text: 'http:\n\trouters: {}\n',
    expected: `
error FL1002 a tab cannot indent                                fairlead.yml:2:1
   1 | http:
   2 |   routers: {}
     | ^ use spaces
`,
  },
  {
    name: 'a bracket that is never closed',
    text: `entryPoints:
  web:
    address: ":80"
    http: { tls: {}
log: {}
`,
    expected: `
error FL1002 a closing } is missing before this line            fairlead.yml:5:1
   3 |     address: ":80"
   4 |     http: { tls: {}
   5 | log: {}
     | ^
`,
  },
  {
    name: 'a quote that is never closed',
    text: `log:
  level: "DEBUG
`,
    expected: `
error FL1002 the quote is never closed                          fairlead.yml:2:10
   1 | log:
   2 |   level: "DEBUG
     |          ^
`,
  },
  {
    name: 'a backtick without quotes',
    text: `http:
  routers:
    api:
      rule: \`Host(a)\`
`,
    expected: `
error FL1002 a value cannot begin with \`                        fairlead.yml:4:13
   2 |   routers:
   3 |     api:
   4 |       rule: \`Host(a)\`
     |             ^ put the value in quotes
`,
  },
  {
    name: 'a percent sign without quotes',
    text: `a: %x
`,
    expected: `
error FL1002 a value cannot begin with %                        fairlead.yml:1:4
   1 | a: %x
     |    ^ put the value in quotes
`,
  },
  {
    name: 'a second colon on the line',
    text: `message: one: two
`,
    expected: `
error FL1002 a second ": " on the line                          fairlead.yml:1:10
   1 | message: one: two
     |          ^ put the value in quotes, or begin a new line
`,
  },
  {
    name: 'a key without a space after its colon',
    text: `log:
  level:DEBUG
  format: json
`,
    expected: `
error FL1002 a key without ": "                                 fairlead.yml:2:3
   1 | log:
   2 |   level:DEBUG
     |   ^^^^^^^^^^^ put a space after the colon
`,
  },
  {
    name: 'lines indented differently',
    text: `log:
  level: DEBUG
 format: json
`,
    expected: `
error FL1002 the line is indented differently from its siblings  fairlead.yml:3:1
   1 | log:
   2 |   level: DEBUG
   3 |  format: json
     | ^ align it with the keys above
`,
  },
  {
    name: 'a list entry beside a mapping',
    text: `a: - b
`,
    expected: `
error FL1002 unexpected "-"                                     fairlead.yml:1:4
   1 | a: - b
     |    ^
`,
  },
  {
    name: 'text behind a quoted value',
    text: `a: 'it's'
`,
    expected: `
error FL1002 unexpected text after the value                    fairlead.yml:1:8
   1 | a: 'it's'
     |        ^^
`,
  },
  {
    name: 'an escape that does not exist',
    text: `rule: "Host(\`\\d\`)"
`,
    expected: `
error FL1002 invalid escape sequence \\d                         fairlead.yml:1:14
   1 | rule: "Host(\`\\d\`)"
     |              ^ use single quotes, or double the backslash
`,
  },
  {
    name: 'a closing brace without an opening one',
    text: `a: 1
}
`,
    expected: `
error FL1002 unexpected "}"                                     fairlead.yml:2:1
   1 | a: 1
   2 | }
     | ^
`,
  },
  {
    name: 'a key written twice',
    text: `log:
  level: DEBUG
  format: json
  level: INFO
`,
    expected: `
error FL1004 key "level" is written twice                       fairlead.yml:4:3
   2 |   level: DEBUG
   3 |   format: json
   4 |   level: INFO
     |   ^^^^^
`,
  },
  {
    name: 'two documents',
    text: `a: 1
---
b: 2
`,
    expected: `
error FL1015 the text holds several YAML documents              fairlead.yml:2:1
   1 | a: 1
   2 | ---
     | ^^^ put each into a file of its own
`,
  },
  {
    name: 'a tag of its own',
    text: `a: !secret x
`,
    expected: `
error FL1015 tag !secret is not supported                       fairlead.yml:1:4
   1 | a: !secret x
     |    ^^^^^^^ remove the tag
`,
  },
  {
    name: 'a key that is a list',
    text: `? [a, b]
: 1
`,
    expected: `
error FL1015 a key must be text                                 fairlead.yml:1:3
   1 | ? [a, b]
     |   ^^^^^^
`,
  },
  {
    name: 'an alias without an anchor',
    text: `a: *defaults
`,
    expected: `
error FL1002 alias "*defaults" has no anchor before it          fairlead.yml:1:4
   1 | a: *defaults
     |    ^^^^^^^^^
`,
  },
  {
    name: 'an alias inside its own anchor',
    text: `a: &a [*a]
`,
    expected: `
error FL1007 alias "*a" contains itself                         fairlead.yml:1:8
   1 | a: &a [*a]
     |        ^^
`,
  },
  {
    name: 'a merge of a text',
    text: `a:
  <<: text
`,
    expected: `
error FL2002 the merge key "<<" needs a mapping, or a list of mappings  fairlead.yml:2:3
   1 | a:
   2 |   <<: text
     |   ^^
`,
  },
  {
    name: 'several lines with errors',
    text: `a: @x
b: %y
c: 1
`,
    expected: `
error FL1002 a value cannot begin with @                        fairlead.yml:1:4
   1 | a: @x
     |    ^ put the value in quotes
error FL1002 a value cannot begin with %                        fairlead.yml:2:4
   1 | a: @x
   2 | b: %y
     |    ^ put the value in quotes
`,
  },
  {
    name: 'JSON with a comma too few',
    text: `{
  "a": 1
  "b": 2
}
`,
    expected: `
error FL1002 two values with nothing between them               fairlead.yml:2:8
   1 | {
   2 |   "a": 1
     |        ^ a comma or ": " is missing
`,
  },
  {
    name: 'an ending of lines as on Windows',
    text: 'a: 1\r\nb: "x\r\n',
    expected: `
error FL1002 the quote is never closed                          fairlead.yml:2:4
   1 | a: 1
   2 | b: "x
     |    ^
`,
  },
];
