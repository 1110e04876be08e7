using Uns.Tags;

namespace Uns.Connectors;

/// <summary>Takes what is read only to answer a write.</summary>
internal sealed class AnswerSink(TagStage.Passage passage) : ITagSink
{
    /// <inheritdoc/>
    public void Add(in TagSample sample) => passage.Answer(sample);
}
