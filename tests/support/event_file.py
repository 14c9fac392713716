"""
event_file.py: TensorBoard's event files, read by what is published of them: records with masked
CRC-32C checksums, and in each an Event as protocol buffers write it.
"""
import struct

FOUND = {'size': 24, 'head': bytes.fromhex('1800000000000000a37f4b22')}  # of every first record


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


assert crc32c(b'123456789') == 0xe3069283  # the polynomial's published check value


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff


def records(data):
    """The records of a file; a wrong checksum or size is an error."""
    at = 0
    while at < len(data):
        head = data[at:at + 8]
        size, = struct.unpack('<Q', head)
        assert struct.unpack('<I', data[at + 8:at + 12])[0] == masked(head), 'checksum of a size'
        body = data[at + 12:at + 12 + size]
        assert len(body) == size, 'a record is cut off'
        check, = struct.unpack('<I', data[at + 12 + size:at + 16 + size])
        assert check == masked(body), 'checksum of a record'
        yield body
        at += 16 + size


def varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return number, at


def fields(data):
    """A message as {number: [values]}; sized ones as bytes."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size, 'a field is cut off'
        else:
            form, size = {1: ('<d', 8), 5: ('<f', 4)}[kind]
            value, at = struct.unpack(form, data[at:at + size])[0], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def parameter(value):
    """A google.protobuf.Value."""
    (number, found), = fields(value).items()
    return {2: float, 3: bytes.decode, 4: bool}[number](found[0])


def read(data):
    """What a trial's file says: its scalars [(tag, step, time, value)], parameters, status."""
    bodies = list(records(data))
    assert data[:12] == FOUND['head'] and len(bodies[0]) == FOUND['size']
    assert fields(bodies[0])[3] == [b'brain.Event:2']
    scalars, parameters, status = [], {}, None
    for body in bodies[1:]:
        event = fields(body)
        value, = [fields(one) for one in fields(event[5][0])[1]]
        tag = value[1][0].decode()
        if 2 in value:
            scalars.append((tag, event[2][0], event[1][0], value[2][0]))
            continue
        plugin = fields(fields(value[9][0])[1][0])
        assert plugin[1] == [b'hparams']
        content = fields(plugin[2][0])
        if tag == '_hparams_/session_start_info':
            for entry in fields(content[3][0])[1]:
                pair = fields(entry)
                parameters[pair[1][0].decode()] = parameter(pair[2][0])
        else:
            assert tag == '_hparams_/session_end_info', tag
            status = fields(content[4][0])[1][0]
    return scalars, parameters, status
