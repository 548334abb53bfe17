/// Remembers names by their bytes, and which of them came first.
///
/// A few names are looked through one by one: a dictionary costs a short-lived process more than that
/// before its first entry. Many go into one, so that a long list costs no more than its length.
struct NameIndex {
  private var names: [String] = []
  private var places: [ByteKey: Int] = [:]

  private static let few = 32

  /// The place of an equal name that came before; nil when it is new, and gets the next place.
  mutating func remember(_ name: String) -> Int? {
    if let place = names.count > NameIndex.few
      ? places[ByteKey(name)] : names.firstIndex(where: { $0.isBytewise(name) })
    {
      return place
    }
    names.append(name)
    if names.count == NameIndex.few + 1 {
      for (place, name) in names.enumerated() { places[ByteKey(name)] = place }
    } else if names.count > NameIndex.few {
      places[ByteKey(name)] = names.count - 1
    }
    return nil
  }
}
