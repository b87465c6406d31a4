/** Broken install configurations: the text, and the message word for word. */
import type { BrokenText } from '../source/broken-text.js';

export const brokenInstall: readonly BrokenText[] = [
  {
    name: 'a misspelled key',
    text: `entryPoints:
  web:
    adress: ":80"
`,
    expected: `
error FL2001 unknown key "adress" in entryPoints.web            fairlead.yml:3:5
   1 | entryPoints:
   2 |   web:
   3 |     adress: ":80"
     |     ^^^^^^ did you mean "address"?
  effect  Fairlead does not start
`,
  },
  {
    name: 'a key one level too high',
    text: `entryPoints:
  web:
    address: ":80"
    lifeCycle: { graceTimeOut: 10s }
`,
    expected: `
error FL2001 unknown key "lifeCycle" in entryPoints.web         fairlead.yml:4:5
   2 |   web:
   3 |     address: ":80"
   4 |     lifeCycle: { graceTimeOut: 10s }
     |     ^^^^^^^^^ did you mean "transport.lifeCycle"?
  effect  Fairlead does not start
`,
  },
  {
    name: 'an address without a port',
    text: `entryPoints:
  web:
    address: localhost
`,
    expected: `
error FL6001 "address" must be written [host]:port, such as ":80" or "127.0.0.1:8080"  fairlead.yml:3:14
   1 | entryPoints:
   2 |   web:
   3 |     address: localhost
     |              ^^^^^^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a port that does not exist',
    text: `entryPoints:
  web:
    address: ":99999"
`,
    expected: `
error FL6001 "address" must have a port between 0 and 65535     fairlead.yml:3:14
   1 | entryPoints:
   2 |   web:
   3 |     address: ":99999"
     |              ^^^^^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a protocol that does not exist',
    text: `entryPoints:
  web:
    address: ":80/sctp"
`,
    expected: `
error FL6001 "address" must end in /tcp, /udp or nothing        fairlead.yml:3:14
   1 | entryPoints:
   2 |   web:
   3 |     address: ":80/sctp"
     |              ^^^^^^^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'an address used twice',
    text: `entryPoints:
  web:
    address: ":80"
  other:
    address: "0.0.0.0:80"
`,
    expected: `
error FL6002 entry points "web" and "other" both listen on 0.0.0.0:80  fairlead.yml:5:14
   3 |     address: ":80"
   4 |   other:
   5 |     address: "0.0.0.0:80"
     |              ^^^^^^^^^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'an entry point with nothing in it',
    text: `entryPoints:
  web:
`,
    expected: `
error FL2003 "address" is required in entryPoints.web           fairlead.yml:2:3
   1 | entryPoints:
   2 |   web:
     |   ^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a list of entry points',
    text: `entryPoints:
  - address: ":80"
`,
    expected: `
error FL2002 "entryPoints" must be a mapping of names, not a list  fairlead.yml:1:1
   1 | entryPoints:
     | ^^^^^^^^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a duration without a known unit',
    text: `entryPoints:
  web:
    address: ":80"
    transport:
      respondingTimeouts:
        idleTimeout: 3 minutes
`,
    expected: `
error FL2006 "idleTimeout" must be a duration                   fairlead.yml:6:22
   4 |     transport:
   5 |       respondingTimeouts:
   6 |         idleTimeout: 3 minutes
     |                      ^^^^^^^^^ write 10s, 1m30s or 500ms; a bare number is seconds
  effect  Fairlead does not start
`,
  },
  {
    name: 'a negative duration',
    text: `providers:
  providersThrottleDuration: -2s
  file: { filename: a.yml }
`,
    expected: `
error FL2005 "providersThrottleDuration" must not be negative   fairlead.yml:2:30
   1 | providers:
   2 |   providersThrottleDuration: -2s
     |                              ^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a network that is none',
    text: `entryPoints:
  web:
    address: ":80"
    forwardedHeaders:
      trustedIPs: [10.0.0.0/8, 10.0.0.0/33, localhost]
`,
    expected: `
error FL2006 "trustedIPs[1]" must have a prefix length between 0 and 32 after the slash  fairlead.yml:5:32
   3 |     address: ":80"
   4 |     forwardedHeaders:
   5 |       trustedIPs: [10.0.0.0/8, 10.0.0.0/33, localhost]
     |                                ^^^^^^^^^^^
  effect  Fairlead does not start
error FL2006 "trustedIPs[2]" must be an IP address or a network such as 10.0.0.0/8  fairlead.yml:5:45
   3 |     address: ":80"
   4 |     forwardedHeaders:
   5 |       trustedIPs: [10.0.0.0/8, 10.0.0.0/33, localhost]
     |                                             ^^^^^^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a value that is not allowed',
    text: `log:
  level: DEBUGG
`,
    expected: `
error FL2004 "level" must be "PANIC", "FATAL", "ERROR", "WARN", "INFO", "DEBUG" or "TRACE", not "DEBUGG"  fairlead.yml:2:10
   1 | log:
   2 |   level: DEBUGG
     |          ^^^^^^ did you mean "DEBUG"?
  effect  Fairlead does not start
`,
  },
  {
    name: 'a number that is none',
    text: `entryPoints:
  web:
    address: ":80"
    http:
      maxHeaderBytes: lots
`,
    expected: `
error FL2002 "maxHeaderBytes" must be a number, not "lots"      fairlead.yml:5:23
   3 |     address: ":80"
   4 |     http:
   5 |       maxHeaderBytes: lots
     |                       ^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a number out of range',
    text: `fairlead:
  workers: 1000
`,
    expected: `
error FL2005 "workers" must be at most 256                      fairlead.yml:2:12
   1 | fairlead:
   2 |   workers: 1000
     |            ^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a boolean that is none',
    text: `providers:
  file:
    filename: a.yml
    watch: yes
`,
    expected: `
error FL2002 "watch" must be true or false, not "yes"           fairlead.yml:4:12
   2 |   file:
   3 |     filename: a.yml
   4 |     watch: yes
     |            ^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a redirection to nowhere',
    text: `entryPoints:
  web:
    address: ":80"
    http:
      redirections:
        entryPoint:
          to: websecur
  websecure:
    address: ":443"
`,
    expected: `
error FL6003 redirection to "websecur", which is neither an entry point nor a port such as :443  fairlead.yml:7:15
   5 |       redirections:
   6 |         entryPoint:
   7 |           to: websecur
     |               ^^^^^^^^ did you mean "websecure"?
  effect  Fairlead does not start
`,
  },
  {
    name: 'ping on an unknown entry point',
    text: `entryPoints:
  web:
    address: ":80"
ping:
  entryPoint: wep
`,
    expected: `
error FL6004 ping is bound to entry point "wep", which is not defined  fairlead.yml:5:15
   3 |     address: ":80"
   4 | ping:
   5 |   entryPoint: wep
     |               ^^^ did you mean "web"?
  effect  Fairlead does not start
`,
  },
  {
    name: 'a file provider without a file',
    text: `providers:
  file:
    watch: false
`,
    expected: `
error FL2003 providers.file needs "filename" or "directory"     fairlead.yml:2:3
   1 | providers:
   2 |   file:
     |   ^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'an option of Traefik v2',
    text: `pilot:
  token: abcdef
`,
    expected: `
error FL6005 "pilot" was removed in Traefik v3                  fairlead.yml:1:1
   1 | pilot:
     | ^^^^^ Traefik v3 removed Pilot
  effect  Fairlead does not start
`,
  },
  {
    name: 'an option of Traefik v1',
    text: `defaultEntryPoints: [http]
`,
    expected: `
warning FL2008 unknown section "defaultEntryPoints"             fairlead.yml:1:1
   1 | defaultEntryPoints: [http]
     | ^^^^^^^^^^^^^^^^^^ Traefik v2 replaced it by "asDefault" of an entry point
  effect  the section is ignored
`,
  },
  {
    name: 'an option that is not supported yet',
    text: `entryPoints:
  websecure:
    address: ":443"
    http3: {}
  dns:
    address: ":53/udp"
metrics:
  prometheus: {}
`,
    expected: `
warning FL2010 "entryPoints.websecure.http3" is not supported yet  fairlead.yml:4:5
   2 |   websecure:
   3 |     address: ":443"
   4 |     http3: {}
     |     ^^^^^
  effect  the key is ignored; everything else applies
warning FL2010 UDP entry points are not supported yet           fairlead.yml:6:14
   4 |     http3: {}
   5 |   dns:
   6 |     address: ":53/udp"
     |              ^^^^^^^^^
  effect  entry point "dns" is not opened
warning FL2010 "metrics" is not supported yet                   fairlead.yml:7:1
   5 |   dns:
   6 |     address: ":53/udp"
   7 | metrics:
     | ^^^^^^^
  effect  the key is ignored; everything else applies
`,
  },
  {
    name: 'a section that nobody knows',
    text: `entryPoint:
  web:
    address: ":80"
`,
    expected: `
warning FL2008 unknown section "entryPoint"                     fairlead.yml:1:1
   1 | entryPoint:
     | ^^^^^^^^^^ did you mean "entryPoints"?
  effect  the section is ignored
`,
  },
  {
    name: 'one key in two spellings',
    text: `log:
  filePath: a.log
  filepath: b.log
`,
    expected: `
error FL1014 key "filePath" is written twice, in two spellings  fairlead.yml:3:3
   1 | log:
   2 |   filePath: a.log
   3 |   filepath: b.log
     |   ^^^^^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a status range that is none',
    text: `accessLog:
  filters:
    statusCodes: ["200", "500-400", "2xx"]
`,
    expected: `
error FL2006 "statusCodes[1]" must be a status code or a range  fairlead.yml:3:26
   1 | accessLog:
   2 |   filters:
   3 |     statusCodes: ["200", "500-400", "2xx"]
     |                          ^^^^^^^^^ write 404 or 500-599
  effect  Fairlead does not start
error FL2006 "statusCodes[2]" must be a status code or a range  fairlead.yml:3:37
   1 | accessLog:
   2 |   filters:
   3 |     statusCodes: ["200", "500-400", "2xx"]
     |                                     ^^^^^ write 404 or 500-599
  effect  Fairlead does not start
`,
  },
  {
    name: 'an environment variable that is not set',
    text: `log:
  filePath: \${env:LOG_FILE}
`,
    expected: `
error FL1010 environment variable "LOG_FILE" is not set         fairlead.yml:2:13
   1 | log:
   2 |   filePath: \${env:LOG_FILE}
     |             ^^^^^^^^^^^^^^^ set it, or write \${env:LOG_FILE:-default}
  effect  Fairlead does not start
`,
  },
  {
    name: 'a file that cannot be read',
    text: `serversTransport:
  rootCAs:
    - \${file:/run/secrets/ca.pem}
`,
    expected: `
error FL1011 "/run/secrets/ca.pem" cannot be read: there is no such file  fairlead.yml:3:7
   1 | serversTransport:
   2 |   rootCAs:
   3 |     - \${file:/run/secrets/ca.pem}
     |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a reference that is not closed',
    text: `log:
  filePath: \${env:LOG_FILE
`,
    expected: `
error FL1012 a reference is not closed with "}"                 fairlead.yml:2:13
   1 | log:
   2 |   filePath: \${env:LOG_FILE
     |             ^^^^^^^^^^^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a file of name servers that is not there',
    text: `hostResolver:
  cnameFlattening: true
  resolvConfig: /etc/resolver.conf
`,
    expected: `
error FL6008 "/etc/resolver.conf" cannot be read: there is no such file  fairlead.yml:3:17
   1 | hostResolver:
   2 |   cnameFlattening: true
   3 |   resolvConfig: /etc/resolver.conf
     |                 ^^^^^^^^^^^^^^^^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a depth that no chain of names has',
    text: `hostResolver:
  resolvDepth: 256
`,
    expected: `
error FL2005 "resolvDepth" must be at most 255                  fairlead.yml:2:16
   1 | hostResolver:
   2 |   resolvDepth: 256
     |                ^^^
  effect  Fairlead does not start
`,
  },
  {
    name: 'a document that is no mapping',
    text: `- entryPoints
`,
    expected: `
error FL2002 an install file must be a mapping of keys          fairlead.yml:1:1
   1 | - entryPoints
     | ^^^^^^^^^^^^^
  effect  Fairlead does not start
`,
  },
];
