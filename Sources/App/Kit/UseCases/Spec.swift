import Domain
import Linux
import Ports

extension Context {
  /// `spec`: writes a new `config.json`, never over an old one.
  func spec() throws(Failure) {
    let unified = try facts().cgroups.mode == .unified
    let document =
      invocation.flag(.rootlessSpec)
      ? DefaultDocument.makeRootless(uid: Host.userID, gid: Host.groupID, unified: unified)
      : DefaultDocument.make(unified: unified)
    let directory = invocation.filled(.bundle)
    let path = (directory.map { $0 + "/" } ?? "") + "config.json"
    do throws(Errno) {
      try Host.create(path, document.json.text(.tabs), mode: 0o666)
    } catch {
      if error == .fileExists { throw .argument(.fileExists("config.json")) }
      throw .system(SystemFailure(call: "open", subject: path, errno: error))
    }
  }
}
