"""Protocol buffers without their compiler: a message is a dictionary from field numbers to values."""


def encode(message):
    """The bytes of a message. A list is a repeated field; a dictionary a message; a tuple of two a map's entry."""
    data = b""
    for field, value in message.items():
        for one in value if isinstance(value, list) else [value]:
            data += item(field, one)
    return data


def item(field, value):
    if isinstance(value, (bool, int)):
        return number(field << 3) + number(int(value))
    if isinstance(value, tuple):
        value = {1: value[0], 2: value[1]}
    data = encode(value) if isinstance(value, dict) else str(value).encode()
    return number(field << 3 | 2) + number(len(data)) + data


def number(value):
    value &= (1 << 64) - 1
    data = b""
    while value > 127:
        data += bytes([value & 127 | 128])
        value >>= 7
    return data + bytes([value])


def decode(data):
    """The fields of a message's bytes: for each number the list of its values, messages as bytes."""
    found, at = {}, 0
    while at < len(data):
        key, at = read_number(data, at)
        if key & 7 == 0:
            value, at = read_number(data, at)
        elif key & 7 == 2:
            length, at = read_number(data, at)
            value, at = data[at:at + length], at + length
        else:
            width = {1: 8, 5: 4}[key & 7]
            value, at = data[at:at + width], at + width
        found.setdefault(key >> 3, []).append(value)
    return found


def read_number(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
