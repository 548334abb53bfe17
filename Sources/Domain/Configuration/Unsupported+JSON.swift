extension JSON {
  /// Those of the members that ask for something. Zero and empty values ask nothing, but a value that is
  /// no object is an error.
  func asking(_ names: [String]) throws(DecodingError) -> [String] {
    var asking: [String] = []
    for name in names {
      let asks = try optional(name) { value throws(DecodingError) in
        try value.mustBeObject()
        return value.asksSomething
      }
      if asks == true { asking.append(name) }
    }
    return asking
  }

  /// Those of the members that are maps with an entry: in a map the name alone already asks.
  func askingMaps(_ names: [String]) throws(DecodingError) -> [String] {
    var asking: [String] = []
    for name in names {
      let members = try optional(name) { value throws(DecodingError) in try value.members() } ?? []
      if members.contains(where: { $0.value != .null }) { asking.append(name) }
    }
    return asking
  }
}
