using Couch.Domain.Guests;

namespace Couch.Domain.Vms;

/// <summary>What follows from a report or a moment: write the guest where it has changed, then give the commands.</summary>
/// <param name="Guest">The guest as it is to be stored.</param>
/// <param name="Work">What is under way once the commands are given.</param>
public sealed record VmTurn(Guest Guest, VmWork Work, IReadOnlyList<VmCommand> Commands);
