// The bytes the generator sends: GET, POST, an upgrade, a WebSocket message, or a GET to a random route.
#pragma once

#include "client.h"

enum { kMessageBytes = 64, kMessageFrame = kMessageBytes + 6, kEchoFrame = kMessageBytes + 2 };

// Builds the texts for this run.
void requests_prepare(const struct Plan* plan);

// Writes the next request into the connection.
void request_write(const struct Plan* plan, struct Connection* connection);

// Writes the upgrade request (RFC 6455) into the connection.
void request_upgrade(struct Connection* connection);
