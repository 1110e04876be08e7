using Uns.Tags;

namespace Uns.Connectors;

/// <summary>What became of one sample of a tag that is followed, between the device's answer and the edge node.</summary>
/// <param name="Raw">What the device sent, decoded.</param>
/// <param name="Sample">The same after scaling and limits.</param>
/// <param name="LastTold">The value told last before it; null: none was.</param>
/// <param name="Passed">True when it goes on; false when it is no news.</param>
/// <param name="Deadband">How far a number has to move.</param>
/// <param name="Group">The poll group whose read brought it; null when the device told it by itself, or for a probe.</param>
/// <param name="ReadBegun">When that read began, as a timestamp of the clock; 0 without one.</param>
public readonly record struct ReadSighting(TagSample Raw, TagSample Sample, TagValue? LastTold, bool Passed, Deadband Deadband, PollGroup? Group, long ReadBegun);
