namespace Uns.Tags;

/// <summary>How far a value can be believed. The words and codes stay the same from device to page.</summary>
public enum TagQuality
{
    /// <summary>Not to be used: the device refused it, or is gone. The value beside it is the last one known.</summary>
    Bad = 0,

    /// <summary>The device itself doubts it.</summary>
    Uncertain = 64,

    /// <summary>Read as it should be.</summary>
    Good = 192,

    /// <summary>Was true; nobody can say whether it still is, because who told us has gone.</summary>
    Stale = 500,
}
