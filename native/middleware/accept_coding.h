// Which content coding a client gets (RFC 9110 section 12.5.3).
#pragma once

#include <cstdint>
#include <span>

#include "codec/message.h"

namespace fairlead::middleware {

/// Content codings that this proxy can make. The numbers are those of the wire (lib/middlewares/compress.ts).
enum class Coding : std::uint8_t { kIdentity = 0, kGzip = 1, kBrotli = 2, kZstd = 3 };

/// The name in Content-Encoding.
std::string_view coding_name(Coding coding);

/// The coding that Accept-Encoding asks for. `offered` is not empty and best first: the order decides between equal
/// weights. `preferred` answers for "*" and for a request without the header; kIdentity leaves the latter alone.
Coding choose_coding(const codec::Headers& request, std::span<const std::uint8_t> offered, Coding preferred);

}  // namespace fairlead::middleware
