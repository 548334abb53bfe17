import Domain
import Linux
import Ports

extension Context {
  /// Does something to the container that the first operand names, or with `--regex` to all whose id it matches. What
  /// fails with one does not keep the others from their turn.
  func eachContainer(_ body: (ContainerID) throws(Failure) -> Void) throws(Failure) {
    guard invocation.flag(.regex) else { return try body(try id()) }
    var failures: [(ContainerID, Failure)] = []
    for id in try matchingIdentifiers() {
      do throws(Failure) {
        try body(id)
      } catch {
        // Somebody else has removed it since the names were read.
        if case .state(.missing) = error { continue }
        failures.append((id, error))
      }
    }
    guard failures.isEmpty else { throw .several(failures) }
  }

  private func matchingIdentifiers() throws(Failure) -> [ContainerID] {
    let text = invocation.operands.first ?? ""
    // A variable that is not set is no wish to have them all; the C library is not made for long ones.
    guard !text.isEmpty else { throw .argument(.pattern(text, "it is empty")) }
    guard text.utf8.count <= 1024 else { throw .argument(.pattern("", "it is longer than 1024 bytes")) }
    let pattern: ExtendedPattern
    do throws(ExtendedPattern.Malformed) {
      pattern = try ExtendedPattern(text)
    } catch {
      throw .argument(.pattern(text, error.reason))
    }
    return try identifiers().filter { pattern.matches($0.text) }
  }
}
