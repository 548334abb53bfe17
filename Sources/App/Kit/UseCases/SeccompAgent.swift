import Domain
import Linux
import Ports

/// Who answers for the system calls that a filter hands on.
struct SeccompAgent {
  let sender: any DescriptorSender
  let path: String
  let metadata: String?
  /// The container, as the agent is told of it.
  let state: ContainerState

  /// Gives it the listener of a process, which is closed here.
  func take(_ listener: Int32, of process: Int32) throws(Failure) {
    defer { Host.close(listener) }
    let told = ContainerProcessState(pid: process, metadata: metadata, state: state)
    do throws(SystemFailure) {
      try sender.send(listener, with: told.json.text(), to: path)
    } catch {
      throw .spawn(.slot(origin: JSONPointer(text: "/linux/seccomp/listenerPath"), error))
    }
  }
}

extension Context {
  /// Gives the first process's descriptor to whoever the document names.
  func sendDescriptor(
    of process: any InitProcess, _ document: Document, _ state: ContainerState
  ) throws(Failure) {
    guard let path = document.pidfdReceiver else { return }
    var told = ContainerProcessState(pid: process.identity.pid, metadata: nil, state: state)
    told.descriptors = ["pidfd"]
    do throws(SystemFailure) {
      try composition.sender().send(process.processDescriptor, with: told.json.text(), to: path)
    } catch {
      throw .spawn(.slot(origin: KnownAnnotation.pidfdReceiver.pointer, error))
    }
  }

  /// The agent that a container's document names; nil when it names none.
  func agent(_ document: Document, _ state: ContainerState) -> SeccompAgent? {
    guard let path = document.seccompListener else { return nil }
    return SeccompAgent(
      sender: composition.sender(), path: path, metadata: document.linux?.seccomp?.listenerMetadata,
      state: state)
  }

  /// The same for further processes of a container.
  func agent(_ state: StateRecord) -> SeccompAgent? {
    let report = ContainerState(
      id: state.id, status: .running, pid: state.initProcess.pid, bundle: state.bundle,
      annotations: state.document.annotations)
    return agent(state.document, report)
  }
}
