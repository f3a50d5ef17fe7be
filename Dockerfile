FROM python:3.11-slim

RUN useradd --create-home --uid 10001 qa_bot && install --directory --owner=qa_bot /data
WORKDIR /app
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY qa_bot qa_bot
COPY seeds seeds
COPY prompts prompts
COPY tests/questions.jsonl tests/questions.jsonl
RUN pip install --no-cache-dir . && rm -rf /app/*

USER qa_bot
WORKDIR /data
ENV QA_BOT_DATA_DIR=/data
VOLUME /data
EXPOSE 7860
ENTRYPOINT ["qa-bot"]
CMD ["chat", "--host", "0.0.0.0", "--no-browser"]
