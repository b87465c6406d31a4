// Why a message head was refused, finer than a Reason: the access log names it, the status comes from the Reason.
#pragma once

#include <cstdint>

#include "base/error.h"

namespace fairlead::codec {

/// An enumerator is never reused for another meaning: logs and tests of users know the names.
enum class HeadFault : std::uint8_t {
  kNone,
  // First line.
  kEmptyLines,          // more than one before the request line
  kMethodMalformed,     // not a token, longer than any method, not followed by one space
  kConnectRefused,      // CONNECT: this is no forward proxy
  kTargetMalformed,     // empty, neither origin- nor absolute-form, bytes outside 0x21-0x7E
  kTargetFragment,      // a literal '#'
  kTargetScheme,        // absolute-form of another scheme than http and https
  kAsteriskMisused,     // "*" with a method other than OPTIONS
  kVersionMalformed,    // also HTTP/0.9, and spaces where the grammar has none
  kVersionUnsupported,  // HTTP/2.0 and later in an HTTP/1 head
  kRequestLineTooLong,
  kStatusLineMalformed,
  // Lines.
  kBareLineFeed,
  kBareCarriageReturn,
  kFieldNameEmpty,
  kFieldNameMalformed,  // not a token, or a line without a colon
  kSpaceBeforeColon,
  kFoldedLine,         // obs-fold, or white space before the first field
  kFieldValueControl,  // NUL and other controls but TAB
  kHeadTooLarge,
  kTooManyFields,
  kTooManyConnectionOptions,
  // Host.
  kHostMissing,
  kHostRepeated,
  kHostMalformed,  // also a malformed authority in absolute-form
  // Framing.
  kLengthMalformed,
  kLengthRepeated,
  kLengthAndCoding,
  kCodingMalformed,  // chunked not last, empty elements, parameters
  kCodingRepeated,
  kCodingUnsupported,
  kCodingInHttp10,
  kExpectationUnknown,
  kWebSocketMalformed,  // Upgrade: websocket that is no GET, or without its key or version
  // Normal form of the target.
  kPathEscapeMalformed,
  kCount
};

/// Lower-case words with underscores ("length_and_coding"); "none" for kNone.
const char* head_fault_name(HeadFault fault);

/// What the fault means in a request. In a response every fault is kUpstreamMalformed.
Reason reason_of(HeadFault fault);

}  // namespace fairlead::codec
