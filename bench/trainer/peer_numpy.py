"""The same training with numpy, without batch normalisation: arrays made once, work in place."""
import numpy as np

import peer


class Trainer:
    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        self.random = np.random.default_rng(1)
        self.batches = peer.Batches(len(labels))

    def make(self, batch, optimizer, batch_norm):
        assert not batch_norm
        self.batch, self.optimizer, self.steps = batch, optimizer, 0
        self.shapes = list(zip(peer.SIZES[:-1], peer.SIZES[1:]))
        count = sum(a * b + b for a, b in self.shapes)
        self.flat, self.gradient = [np.zeros(count, np.float32) for _ in range(2)]
        self.moments = [np.zeros(count, np.float32) for _ in range(2)]
        self.room = [np.zeros(count, np.float32) for _ in range(2)]
        self.parameters, self.gradients = self.split(self.flat), self.split(self.gradient)
        for weights, _ in self.parameters:
            weights[:] = self.random.normal(0, (2 / len(weights)) ** 0.5, weights.shape)
        self.outputs = [np.zeros((batch, n), np.float32) for n in peer.SIZES[1:]]
        self.deltas = [np.zeros((batch, n), np.float32) for n in peer.SIZES[1:]]

    def split(self, flat):
        """Each layer's weights and bias, as views of one array."""
        parts, at = [], 0
        for a, b in self.shapes:
            parts.append((flat[at:at + a * b].reshape(a, b), flat[at + a * b:at + a * b + b]))
            at += a * b + b
        return parts

    def forward(self):
        x = self.x
        for k, (weights, bias) in enumerate(self.parameters):
            z = self.outputs[k]
            np.matmul(x, weights, out=z)
            z += bias
            if k < len(self.parameters) - 1:
                np.maximum(z, 0, out=z)
            x = z

    def backward(self, labels):
        p, delta = self.outputs[-1], self.deltas[-1]
        np.subtract(p, p.max(axis=1, keepdims=True), out=delta)
        np.exp(delta, out=delta)
        delta /= delta.sum(axis=1, keepdims=True)
        loss = -np.log(delta[np.arange(self.batch), labels]).mean()
        delta[np.arange(self.batch), labels] -= 1
        delta /= self.batch
        for k in reversed(range(len(self.parameters))):
            before = self.outputs[k - 1] if k else self.x
            np.matmul(before.T, delta, out=self.gradients[k][0])
            delta.sum(axis=0, out=self.gradients[k][1])
            if k:
                np.matmul(delta, self.parameters[k][0].T, out=self.deltas[k - 1])
                delta = self.deltas[k - 1]
                delta *= before > 0
        return loss

    def step(self):
        g, (m, v), (a, b) = self.gradient, self.moments, self.room
        self.steps += 1
        if self.optimizer == "adam":
            m *= 0.9
            m += np.multiply(g, 0.1, out=a)
            v *= 0.999
            np.multiply(g, g, out=a)
            v += np.multiply(a, 0.001, out=a)
            np.sqrt(v, out=a)
            a *= 1 / (1 - 0.999 ** self.steps) ** 0.5
            a += 1e-8
            np.divide(m, a, out=b)
            b *= 1e-3 / (1 - 0.9 ** self.steps)
            self.flat -= b
            return
        m *= 0.9 if self.optimizer == "momentum" else 0
        m += g
        self.flat -= np.multiply(m, 1e-3, out=a)

    def train(self, batches):
        for _ in range(batches):
            part = self.batches.next(self.batch)
            self.x = self.images[part]
            self.forward()
            assert np.isfinite(self.backward(self.labels[part]))
            self.step()


if __name__ == "__main__":
    peer.serve(Trainer)
