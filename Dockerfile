# briarpatch in a container, with its compiled code:
#   docker build -t briarpatch .
#   docker run --rm -v "$PWD:/work" briarpatch run valley      (the folder must be writable for user 1000)
FROM python:3.12-slim AS build
COPY . /source
RUN python -m venv /opt/briarpatch \
 && /opt/briarpatch/bin/pip install --no-cache-dir -c /source/requirements.lock "/source[authors,excel,mcp,page,plots,sensitivity]"

FROM python:3.12-slim
COPY --from=build /opt/briarpatch /opt/briarpatch
ENV PATH=/opt/briarpatch/bin:$PATH BRIARPATCH_CACHE=/var/cache/briarpatch
RUN useradd --uid 1000 --create-home player \
 && mkdir /var/cache/briarpatch /work \
 && chown player /var/cache/briarpatch /work
USER player
WORKDIR /work
ENTRYPOINT ["briarpatch"]
CMD ["--help"]
